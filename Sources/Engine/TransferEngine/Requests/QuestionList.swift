// SPDX-License-Identifier: Apache-2.0

import Content

/// Questions that lead to no further questions. A question that is named several times is sent once.
struct QuestionList<Question: StoreRequest & Hashable, Value: Sendable>: Inquiry {
    /// A question with its final answer.
    struct Finding: Sendable {
        var question: Question
        var answer: Result<Value, TransferFailure>
    }

    typealias Request = Question
    typealias Answer = Result<Value, TransferFailure>
    typealias Event = InquiryEvent<Finding>

    var admits = true
    var requests: RequestMachine<Question>
    var events: [InquiryEvent<Finding>] = []
    /// The answers so far.
    private(set) var answers: [Question: Result<Value, TransferFailure>] = [:]

    init(_ questions: some Sequence<Question>, settings: RequestSettings) {
        requests = RequestMachine(settings: settings)
        for question in Set(questions) { requests.append(question, for: 0) }
    }

    mutating func take(_ answer: Result<Value, TransferFailure>, to request: Question) {
        answers[request] = answer
        events.append(.found(Finding(question: request, answer: answer)))
    }
}

/// Sends the questions of an inquiry to stores.
struct Questioner<Request: StoreRequest, Value: Sendable>: Performer {
    /// The stores that report remaining pulls. nil: the answers do not tell them.
    var sources: (@Sendable (StoreID) -> any ContentSource)?
    /// Sends a question to its store.
    let ask: @Sendable (Request) async throws(ContentFailure) -> Value

    func perform(_ queued: Queued<Request>) async -> Result<Value, TransferFailure> {
        do throws(ContentFailure) { return .success(try await ask(queued.request)) } catch {
            return .failure(TransferFailure(error, side: queued.request.lanes.side))
        }
    }

    /// Questions to targets are never pulls.
    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance? {
        side == .source ? sources?(store).pullAllowance() : nil
    }
}
