// SPDX-License-Identifier: Apache-2.0

import Content

/// What a run does, as a value: it begins with some requests, and turns each answer into more requests and events.
///
/// A copy, an audit, a survey and a list of questions are plans. Each has a `RequestMachine` that says when which request is
/// sent; `PlanDriver` does the sending.
protocol Plan: Sendable {
    associatedtype Request: StoreRequest
    associatedtype Answer: Sendable
    associatedtype Event: Sendable

    /// How far this is at the moment.
    var state: PlanState { get }

    /// Everything has ended, or the run was stopped and nothing is running.
    var isDone: Bool { get }

    /// Whether new items may begin; what has begun goes on in any case.
    var admits: Bool { get set }

    /// The next request to send now; nil while everything waits for something that runs, or for `nextDeadline`.
    mutating func next(now: Duration) -> Queued<Request>?

    /// When `next` may have something although nothing finished.
    var nextDeadline: Duration? { get }

    /// Takes the answer to a request that `next` handed out.
    mutating func finish(_ queued: Queued<Request>, _ answer: Answer, now: Duration)

    /// Takes note of the pulls that a store has left.
    mutating func note(_ allowance: PullAllowance, of store: StoreID)

    /// Hands out nothing any more. What runs may finish; the rest stays undone.
    mutating func stop()

    /// The events since the last call.
    mutating func takeEvents() -> [Event]
}

/// Sends the requests of a plan: the only part of a run that touches stores.
protocol Performer<Request, Answer>: Sendable {
    associatedtype Request: StoreRequest
    associatedtype Answer: Sendable

    func perform(_ queued: Queued<Request>) async -> Answer

    /// What a store says of pulls that are left, after a request whose answer may have told.
    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance?
}
