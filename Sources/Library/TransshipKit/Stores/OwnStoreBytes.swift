// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import Synchronization

/// The bytes of a blob, as a user's store returns them.
struct GivenBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    let base: BlobBytes
    /// The number of bytes that were requested.
    let count: Int64
    /// The store's host in references.
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
                // AsyncStreams of the standard library end without an error when the task is cancelled.
                if left > 0 { throw Task.isCancelled ? .cancelled : wrongCount("\(bytes.count - left)") }
                return nil
            }
            guard piece.count <= left else { throw wrongCount("more than all") }
            left -= Int64(piece.count)
            return ByteBuffer(bytes: piece)
        }

        /// This is not retried, because bytes that a store returns without an error are what it has.
        private func wrongCount(_ given: String) -> ContentFailure {
            ContentFailure(
                .corrupt, "\(bytes.store) gave \(given) of the \(bytes.count) bytes of a blob that it was asked for")
        }

        private mutating func piece() async throws -> [UInt8]? {
            do { return try await base.next(isolation: nil) } catch { throw ContentFailure(error, of: bytes.store) }
        }
    }
}

/// Verified bytes that are passed to a user's store, which may read them once.
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

    /// The bytes come from a connection. Reading it twice would terminate the process (NIO).
    func makeAsyncIterator() -> AsyncIterator {
        let isFirst = state.withLock { state in
            defer { state.isBegun = true }
            return !state.isBegun
        }
        return AsyncIterator(base: isFirst ? base.makeAsyncIterator() : nil, bytes: self)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        /// nil for a second iterator, which gets no bytes.
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
