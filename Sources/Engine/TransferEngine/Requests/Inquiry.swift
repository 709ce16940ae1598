// SPDX-License-Identifier: Apache-2.0

import Content

/// A plan whose requests are questions: each answer is a value or a failure, and may lead to more questions.
protocol Inquiry: Plan where Answer == Result<Value, TransferFailure>, Event == InquiryEvent<Finding> {
    associatedtype Value: Sendable
    /// The result that is reported as soon as it is known.
    associatedtype Finding: Sendable

    var requests: RequestMachine<Request> { get set }
    var events: [Event] { get set }
    /// No further questions will be added to those that wait.
    var isAllAsked: Bool { get }

    /// Adds further questions, if there are any.
    mutating func admit()

    /// Takes an answer. A failure is final: all retries have been made.
    mutating func take(_ answer: Answer, to request: Request)
}

/// The events of a plan of questions.
enum InquiryEvent<Finding: Sendable>: Sendable {
    case found(Finding)
    case trouble(RequestTrouble)
}

/// Trouble that a plan's questions meet.
package enum RequestTrouble: Sendable {
    /// A question failed and will be retried.
    case retrying(TransferFailure)
    case paused(StoreID, for: StorePause, because: PauseReason)
}

extension InquiryEvent {
    func tell(_ paused: PauseHandler) {
        if case .trouble(.paused(let store, let pause, let reason)) = self { paused(store, pause, reason) }
    }
}

extension Inquiry {
    var isDone: Bool { requests.isStopping ? requests.isIdle : requests.isEmpty && isAllAsked }

    var nextDeadline: Duration? { requests.nextDeadline }

    var state: PlanState { requests.state }

    mutating func next(now: Duration) -> Queued<Request>? {
        if admits { admit() }
        while let queued = requests.take(now: now) {
            guard let failure = requests.knownFailure(of: queued) else {
                requests.begin(queued, now: now)
                return queued
            }
            take(.failure(failure), to: queued.request)
            if admits { admit() }
        }
        return nil
    }

    mutating func finish(_ queued: Queued<Request>, _ answer: Answer, now: Duration) {
        guard case .failure(let failure) = answer else {
            requests.succeeded(queued, now: now)
            return take(answer, to: queued.request)
        }
        switch requests.failed(queued, failure, now: now) {
        case .dropped: break
        case .failed(let failure): take(.failure(failure), to: queued.request)
        case .again(_, _, let failure, let rest):
            events.append(.trouble(.retrying(failure)))
            guard let rest, let pause = rest.pause else { return }
            events.append(.trouble(.paused(rest.store, for: pause, because: rest.reason)))
        }
    }

    mutating func note(_ allowance: PullAllowance, of store: StoreID) { requests.note(allowance, of: store) }

    mutating func stop() { requests.stop() }

    mutating func takeEvents() -> [Event] {
        defer { events.removeAll() }
        return events
    }
}

/// Most inquiries know their own questions at the start.
extension Inquiry {
    var isAllAsked: Bool { true }
    mutating func admit() {}
}
