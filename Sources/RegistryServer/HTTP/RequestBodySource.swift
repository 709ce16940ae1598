import NIOCore
import Synchronization

/// Hands the body of a request from its connection to the responder.
///
/// One buffer is kept while the responder works on the one before, so that receiving and storing overlap; more is not read
/// from the connection until it is asked for.
final class RequestBodySource: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    fileprivate struct State {
        var buffers: [ByteBuffer] = []
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?
    }

    private let state = Mutex(State())
    /// Tells the connection that there is room for a buffer.
    private let demand: @Sendable () -> Void

    init(demand: @escaping @Sendable () -> Void) { self.demand = demand }

    var hasRoom: Bool { state.withLock { $0.buffers.isEmpty && $0.end == nil } }

    func yield(_ buffer: ByteBuffer) {
        let waiter = state.withLock { state in
            if state.waiter == nil { state.buffers.append(buffer) }
            return state.waiter.take()
        }
        waiter?.resume(returning: buffer)
    }

    func finish() { end(.success(())) }

    func interrupt() { end(.failure(BodyInterrupted())) }

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
            // The end may have come since: look again before waiting.
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
    /// What the next question is answered with, if it can be answered now.
    fileprivate mutating func takeReady() -> Result<ByteBuffer?, any Error>? {
        if !buffers.isEmpty { return .success(buffers.removeFirst()) }
        return end?.map { nil }
    }
}
