// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// Passes the body of a request from its connection to the responder.
///
/// While the responder works on one buffer, the next buffer is filled, so receiving and storing overlap. When that
/// buffer is full, nothing more is read from the connection until the responder takes it. A socket delivers some 64 KiB
/// at a time. Passing each of them to another thread cost a third of an upload's CPU time, which is more than copying
/// them together costs.
final class RequestBodySource: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    fileprivate struct State {
        var gathered: ByteBuffer?
        /// Whether `gathered` is our own buffer. Otherwise it is a part of a receive buffer, and writing to it would
        /// copy it.
        var isOwn = false
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?
    }

    /// The number of bytes after which gathering stops.
    private static let gatheredSize = 512 << 10

    private let state = Mutex(State())
    /// Tells the connection that there is room for another buffer.
    private let demand: @Sendable () -> Void

    init(demand: @escaping @Sendable () -> Void) { self.demand = demand }

    var hasRoom: Bool {
        state.withLock { $0.end == nil && ($0.gathered?.readableBytes ?? 0) < Self.gatheredSize }
    }

    func yield(_ buffer: ByteBuffer) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.gather(buffer, capacity: Self.gatheredSize) }
            return state.waiter.take()
        }
        waiter?.resume(returning: buffer)
    }

    func finish() { end(.success(())) }

    func interrupt(_ reason: any Error = BodyInterrupted()) { end(.failure(reason)) }

    private func end(_ result: Result<Void, any Error>) {
        let waiter = state.withLock { state in
            if state.end == nil { state.end = result }
            return state.waiter.take()
        }
        waiter?.resume(with: result.map { nil })
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let source: RequestBodySource

        func next() async throws -> ByteBuffer? { try await source.next() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(source: self) }

    private func next() async throws -> ByteBuffer? {
        if let ready = takeReady() {
            demand()
            return try ready.get()
        }
        return try await withCheckedThrowingContinuation { continuation in
            // The state may have changed since the first check, so it is checked again before waiting.
            let ready = state.withLock { state in
                let ready = state.takeReady()
                if ready == nil { state.waiter = continuation }
                return ready
            }
            if let ready { continuation.resume(with: ready) }
            demand()
        }
    }

    private func takeReady() -> Result<ByteBuffer?, any Error>? { state.withLock { $0.takeReady() } }
}

extension RequestBodySource.State {
    /// The next buffer or the end, if it is available now.
    fileprivate mutating func takeReady() -> Result<ByteBuffer?, any Error>? {
        if let buffer = gathered.take() {
            isOwn = false
            return .success(buffer)
        }
        return end?.map { nil }
    }

    fileprivate mutating func gather(_ buffer: ByteBuffer, capacity: Int) {
        guard var whole = gathered.take() else {
            gathered = buffer
            return
        }
        if !isOwn {
            var own = ByteBufferAllocator().buffer(capacity: capacity)
            own.writeImmutableBuffer(whole)
            (whole, isOwn) = (own, true)
        }
        whole.writeImmutableBuffer(buffer)
        gathered = whole
    }
}
