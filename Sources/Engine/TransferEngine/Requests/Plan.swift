// SPDX-License-Identifier: Apache-2.0

import Content

/// The logic of a run, as a value. It begins with some requests, and turns each answer into further requests and events.
///
/// A copy, an audit, a survey and a list of questions are plans. Each has a `RequestMachine` that decides when each request
/// is sent; `PlanDriver` sends them.
protocol Plan: Sendable {
    associatedtype Request: StoreRequest
    associatedtype Answer: Sendable
    associatedtype Event: Sendable

    /// The current progress.
    var state: PlanState { get }

    /// Everything has ended, or the run was stopped and nothing is running.
    var isDone: Bool { get }

    /// Whether new items may begin. Items that have begun continue in any case.
    var admits: Bool { get set }

    /// The next request to send now; nil while everything waits for a running request, or for `nextDeadline`.
    mutating func next(now: Duration) -> Queued<Request>?

    /// When `next` may return a request although no request has finished.
    var nextDeadline: Duration? { get }

    /// Takes the answer to a request that `next` handed out.
    mutating func finish(_ queued: Queued<Request>, _ answer: Answer, now: Duration)

    /// Takes note of the pulls that a store has left.
    mutating func note(_ allowance: PullAllowance, of store: StoreID)

    /// Hands out no further requests. Running requests may finish; the others are not sent.
    mutating func stop()

    /// The events since the last call.
    mutating func takeEvents() -> [Event]
}

/// Sends the requests of a plan. No other part of a run touches stores.
protocol Performer<Request, Answer>: Sendable {
    associatedtype Request: StoreRequest
    associatedtype Answer: Sendable

    func perform(_ queued: Queued<Request>) async -> Answer

    /// The remaining pulls that a store has reported. Called after a request whose answer may have reported them.
    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance?
}
