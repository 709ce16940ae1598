// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// Parts of a blob that are being fetched, each over its own connection. They are handed out in order.
///
/// This object owns the tasks: they end with it.
final class RangeFetches {
    private let origin: BlobOrigin
    private let size: Int64
    private var running: [Task<[ByteBuffer], any Error>] = []
    /// Where the next part to be asked for begins.
    private var next: Int64

    init(_ origin: BlobOrigin, from offset: Int64, _ settings: RangeSettings) {
        self.origin = origin
        size = settings.size
        next = offset
        for _ in 0..<settings.connections { begin() }
    }

    deinit { for task in running { task.cancel() } }

    private func begin() {
        guard next < origin.descriptor.size else { return }
        let range = next..<min(next + size, origin.descriptor.size)
        next = range.upperBound
        running.append(Self.fetch(range, of: origin))
    }

    private static func fetch(_ range: Range<Int64>, of origin: BlobOrigin) -> Task<[ByteBuffer], any Error> {
        Task { try await read(range, of: origin) }
    }

    /// The next part's buffers; nil after the last one.
    ///
    /// - Parameter goesOn: whether another part is requested.
    func part(goesOn: Bool) async throws -> [ByteBuffer]? {
        guard let first = running.first else { return nil }
        let buffers = try await withTaskCancellationHandler {
            try await first.value
        } onCancel: {
            first.cancel()
        }
        running.removeFirst()
        if goesOn { begin() }
        return buffers
    }

    private static func read(_ range: Range<Int64>, of origin: BlobOrigin) async throws -> [ByteBuffer] {
        let part = try await ResumingBlob(origin, range: range)
        guard part.isPart else { throw RangesIgnored() }
        var buffers: [ByteBuffer] = []
        for try await buffer in part { buffers.append(buffer) }
        return buffers
    }
}

/// The source ignores the requested range and sends the whole blob.
struct RangesIgnored: Error {}
