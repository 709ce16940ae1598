// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import Synchronization

/// Limits the byte rate of a whole run. A transfer that has moved bytes waits until their time has passed.
final class BytePacer: Sendable {
    private let bytesPerSecond: Double
    private let clock: any TransferClock
    /// The time at which the bytes admitted so far are used up at this rate.
    private let paid = Mutex<Duration>(.zero)

    /// Bytes may pass this much early, because a receive buffer delivers many bytes at once.
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

/// A stream that is limited to the run's rate.
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
