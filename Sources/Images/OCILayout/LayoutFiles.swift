// SPDX-License-Identifier: Apache-2.0

import Files
package import NIOCore

/// An open file of a layout or an archive, read and written with `ByteBuffer`s. All calls block.
package final class LayoutFile: Sendable {
    private let file: OpenFile
    package var size: Int64 { file.size }

    package init(reading path: String) throws { file = try OpenFile(reading: path) }

    /// Creates a partial file, which must not exist, and locks it for as long as it is open. A partial file without a lock
    /// is abandoned.
    init(partial path: String) throws {
        while true {
            let file = try OpenFile(creating: path, mode: 0o644)
            // Another program may have taken the file for abandoned before it was locked.
            guard try file.lock(), file.isInPlace else { continue }
            self.file = file
            return
        }
    }

    /// Removes a partial file if no program writes it. A program that was killed leaves it.
    static func remove(abandoned path: String) {
        guard let file = try? OpenFile(updating: path), (try? file.lock()) == true else { return }
        _ = try? Files.remove(path)
    }

    /// Locks the file until this value is released. Waits while another process has the lock.
    init(locking path: String) throws {
        file = try OpenFile(keeping: path, mode: 0o644, isShared: true)
        _ = try file.lock(waits: true)
    }

    /// Reads up to `count` bytes. The buffer is empty only at the end of the file.
    package func read(at offset: Int64, count: Int) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: space[..<count]), at: offset)
        }
        return buffer
    }

    package func write(_ buffer: ByteBuffer, at offset: Int64) throws {
        try buffer.withUnsafeReadableBytes { try file.write($0, at: offset) }
    }

    func synchronize() throws { try file.synchronize() }
}
