// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
import NIOPosix

/// A tar archive that is written entry by entry. A pipe gets the bytes at once; a file appears at its path when the
/// archive is complete.
struct ArchiveFile: Sendable {
    private let file: FileDraft

    init(_ path: String) throws { file = try FileDraft(for: path, access: .usual) }

    func add(_ name: String, _ content: [UInt8]) async throws {
        let header = TarHeader(name: name, size: Int64(content.count))
        try await append(ByteBuffer(bytes: header.bytes + content))
        try await fill(header)
    }

    /// - Parameter size: the exact number of bytes of the content.
    func add<Content: AsyncSequence>(
        _ name: String, size: Int64, _ content: Content
    ) async throws where Content.Element == ByteBuffer {
        let header = TarHeader(name: name, size: size)
        try await append(ByteBuffer(bytes: header.bytes))
        for try await buffer in content { try await append(buffer) }
        try await fill(header)
    }

    /// Writes the two blocks of zeros that end an archive.
    func finish() async throws {
        try await append(ByteBuffer(repeating: 0, count: 2 * TarHeader.blockSize))
        try await NIOThreadPool.singleton.runIfActive { [file] in try file.commit() }
    }

    private func fill(_ header: TarHeader) async throws {
        try await append(ByteBuffer(repeating: 0, count: Int(header.paddedSize - header.size)))
    }

    private func append(_ buffer: ByteBuffer) async throws {
        let file = file
        try await NIOThreadPool.singleton.runIfActive { try buffer.withUnsafeReadableBytes { try file.append($0) } }
    }
}
