// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// Sends a request without a body, and receives its answer on an event loop.
///
/// AsyncHTTPClient's async function does the same, but for each request it starts a task on another thread, and a timer. The
/// task alone took a fifth of the CPU time of a request that moves few bytes (`TransactionCancelHandler` of version 1.37.0).
/// This class can be removed when there is no such task any more.
///
/// Not for requests with a body: here their end is sent only when the body has left. If the answer is complete before that and
/// the peer closes the connection, AsyncHTTPClient 1.37.0 ends the process ("A connection that we don't know was released").
final class AnswerReceiver: HTTPClientResponseDelegate {
    typealias Response = Void

    private let isHead: Bool
    private let state = Mutex(AnswerState())

    private init(_ request: HTTPClient.Request) { isHead = request.method == .HEAD }

    /// Returns when the head of the answer has arrived, and its body, if that is small.
    static func answer(to request: HTTPClient.Request, from client: HTTPClient) async throws -> ReceivedAnswer {
        let receiver = AnswerReceiver(request)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { asker in
                receiver.state.withLock { $0.asker = asker }
                receiver.began(client.execute(request: request, delegate: receiver))
            }
        } onCancel: {
            receiver.cancel()
        }
    }

    private func began(_ task: HTTPClient.Task<Void>) {
        if state.withLock({ $0.began(task) }) { task.cancel() }
    }

    private func cancel() { state.withLock { $0.cancel() }?.cancel() }

    // MARK: Answer

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let head = ReceivedHead(status: Int(head.status.code), headers: head.headers)
        if head.hasSmallBody(isHead: isHead) {
            state.withLock { $0.phase = .collecting(head, []) }
        } else {
            let new = ReceivedBody.streamed(ReaderSignals(more: produceMore, end: endReading))
            let asker = state.withLock { $0.stream(to: new.source) }
            asker?.resume(returning: ReceivedAnswer(head: head, body: new.body))
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        guard let source = state.withLock({ $0.take(part) }) else { return task.eventLoop.makeSucceededVoidFuture() }
        // The reader may demand more before `yield` returns.
        let demand = task.eventLoop.makePromise(of: Void.self)
        state.withLock { $0.demand = demand }
        switch source.yield(part) {
        case .produceMore: produceMore()
        case .stopProducing: break
        case .dropped: state.withLock { $0.takeDemand() }?.fail(HTTPClientError.cancelled)
        }
        return demand.futureResult
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) { end(nil) }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) { end(error) }

    private func end(_ failure: (any Error)?) {
        let (ended, demand) = state.withLock { ($0.end(), $0.takeDemand()) }
        demand?.fail(failure ?? HTTPClientError.cancelled)
        switch ended {
        case .waiting(let asker): asker.resume(throwing: failure ?? HTTPClientError.remoteConnectionClosed)
        case .collecting(let asker, let head, let parts):
            asker.resume(returning: ReceivedAnswer(head: head, body: ReceivedBody(parts, failure)))
        case .streaming(let source):
            if let failure { source.finish(failure) } else { source.finish() }
        case nil: break
        }
    }

    // MARK: The reader

    private func produceMore() { state.withLock { $0.takeDemand() }?.succeed() }

    private func endReading() {
        let (task, demand) = state.withLock { ($0.cancel(), $0.takeDemand()) }
        demand?.fail(HTTPClientError.cancelled)
        task?.cancel()
    }
}

/// How much of an answer has arrived.
private struct AnswerState {
    enum Phase {
        case waiting
        /// A small body, which is handed over with its head.
        case collecting(ReceivedHead, [ByteBuffer])
        case streaming(ReceivedBody.Stream.Source)
        case ended
    }

    /// What an answer's end has to be told to.
    enum Ended {
        case waiting(CheckedContinuation<ReceivedAnswer, any Error>)
        case collecting(CheckedContinuation<ReceivedAnswer, any Error>, ReceivedHead, [ByteBuffer])
        case streaming(ReceivedBody.Stream.Source)
    }

    var phase = Phase.waiting
    /// The task that waits for the head.
    var asker: CheckedContinuation<ReceivedAnswer, any Error>?
    /// Completed when the reader wants more of a body that is streamed.
    var demand: EventLoopPromise<Void>?
    private var task: HTTPClient.Task<Void>?
    private var isCancelled = false

    /// - Returns: whether the request was cancelled before.
    mutating func began(_ task: HTTPClient.Task<Void>) -> Bool {
        if case .ended = phase { return false }
        self.task = task
        return isCancelled
    }

    /// - Returns: the request, if it has to be cancelled.
    mutating func cancel() -> HTTPClient.Task<Void>? {
        isCancelled = true
        return task
    }

    mutating func stream(
        to source: ReceivedBody.Stream.Source
    ) -> CheckedContinuation<ReceivedAnswer, any Error>? {
        defer { asker = nil }
        phase = .streaming(source)
        return asker
    }

    /// - Returns: where the part has to go; nil if it was kept.
    mutating func take(_ part: ByteBuffer) -> ReceivedBody.Stream.Source? {
        switch phase {
        case .collecting(let head, let parts): phase = .collecting(head, parts + [part])
        case .streaming(let source): return source
        case .waiting, .ended: break
        }
        return nil
    }

    mutating func takeDemand() -> EventLoopPromise<Void>? {
        defer { demand = nil }
        return demand
    }

    /// - Returns: nil if it had ended before.
    mutating func end() -> Ended? {
        defer { (phase, asker, task) = (.ended, nil, nil) }
        switch phase {
        case .waiting: return asker.map { .waiting($0) }
        case .collecting(let head, let parts): return asker.map { .collecting($0, head, parts) }
        case .streaming(let source): return .streaming(source)
        case .ended: return nil
        }
    }
}
