// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import Synchronization

/// Keeps the bytes of a whole run to a rate: whoever has moved some waits until their time has passed.
final class BytePacer: Sendable {
    private let bytesPerSecond: Double
    private let clock: any TransferClock
    /// When the bytes admitted so far will have had their time.
    private let paid = Mutex<Duration>(.zero)

    /// Bytes may come this much before their time: what a receive buffer brings at once.
    static let slack = Duration.milliseconds(100)

    init?(_ bytesPerSecond: Int64?, clock: any TransferClock) {
        guard let bytesPerSecond, bytesPerSecond > 0 else { return nil }
        self.bytesPerSecond = Double(bytesPerSecond)
        self.clock = clock
    }

    /// Returns once the bytes may go on.
    func pass(_ count: Int) async throws {
        let now = clock.now
        let due = paid.withLock { paid in
            paid = max(paid, now) + .seconds(Double(count) / bytesPerSecond)
            return paid
        }
        if due > now + Self.slack { try await clock.sleep(until: due - Self.slack) }
    }
}

/// A stream at the pace of a run.
struct PacedBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: BlobStream
    let pacer: BytePacer

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: BlobStream.AsyncIterator
        let pacer: BytePacer

        mutating func next() async throws -> ByteBuffer? {
            guard let buffer = try await base.next() else { return nil }
            try await pacer.pass(buffer.readableBytes)
            return buffer
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), pacer: pacer) }
}
