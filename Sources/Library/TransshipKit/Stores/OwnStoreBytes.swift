// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import Synchronization

/// The bytes of a blob as a user's store gives them.
struct GivenBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: BlobBytes
    /// Bytes that were asked for.
    let count: Int64
    /// As references name it.
    let store: String

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), left: count, bytes: self)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var base: any AsyncIteratorProtocol<[UInt8], any Error>
        fileprivate var left: Int64
        fileprivate let bytes: GivenBytes

        mutating func next() async throws -> ByteBuffer? {
            guard let piece = try await piece() else {
                // Streams of the standard library end quietly when the task is cancelled.
                if left > 0 { throw Task.isCancelled ? .cancelled : wrongCount("\(bytes.count - left)") }
                return nil
            }
            guard piece.count <= left else { throw wrongCount("more than all") }
            left -= Int64(piece.count)
            return ByteBuffer(bytes: piece)
        }

        /// Not for another try: what a store gives without an error is what it has.
        private func wrongCount(_ given: String) -> ContentFailure {
            ContentFailure(
                .corrupt, "\(bytes.store) gave \(given) of the \(bytes.count) bytes of a blob that it was asked for")
        }

        private mutating func piece() async throws -> [UInt8]? {
            do { return try await base.next(isolation: nil) } catch { throw ContentFailure(error, of: bytes.store) }
        }
    }
}

/// Verified bytes on their way to a user's store, which may read them once.
final class PassedBytes: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    private struct State {
        var isBegun = false
        var count: Int64 = 0
    }

    private let base: VerifiedBlob
    private let state = Mutex(State())

    init(_ base: VerifiedBlob) { self.base = base }

    /// Bytes that the store has read.
    var count: Int64 { state.withLock { $0.count } }

    /// The bytes come from a connection, which ends the process when somebody reads it twice (NIO).
    func makeAsyncIterator() -> AsyncIterator {
        let isFirst = state.withLock { state in
            defer { state.isBegun = true }
            return !state.isBegun
        }
        return AsyncIterator(base: isFirst ? base.makeAsyncIterator() : nil, bytes: self)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        /// nil: for the second one, which gets nothing.
        fileprivate var base: VerifiedBlob.AsyncIterator?
        fileprivate let bytes: PassedBytes

        mutating func next() async throws -> [UInt8]? {
            guard base != nil else { throw TransshipError(.invalid, "the bytes of a blob can be read once") }
            guard let buffer = try await base?.next() else { return nil }
            bytes.state.withLock { $0.count += Int64(buffer.readableBytes) }
            return Array(buffer.readableBytesView)
        }
    }
}
