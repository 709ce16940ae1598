package import Content
import OCI
import Synchronization

/// Reads every item's manifests at its source, index children too, many at the same time and each once.
///
/// What cannot be read is part of the result: a survey does not fail.
package struct SurveyRun: Sendable {
    package var items: [TransferItem]
    package var settings: TransferSettings
    package var clock: any TransferClock
    package var stores: @Sendable (StoreID, TransferSide) -> any ContentTarget
    /// Told when a store asks for a pause.
    package var paused: @Sendable (StoreID, Duration) -> Void

    package init(
        items: [TransferItem], settings: TransferSettings, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping @Sendable (StoreID, Duration) -> Void = { _, _ in },
        stores: @escaping @Sendable (StoreID, TransferSide) -> any ContentTarget
    ) {
        self.items = items
        self.settings = settings
        self.clock = clock
        self.paused = paused
        self.stores = stores
    }

    /// After a cancellation the rest counts as not read.
    package func execute() async -> Survey {
        let table = Mutex(SurveyTable(items: items, settings: settings))
        let counts = Mutex<[StoreID: Survey.RequestCount]>([:])
        let lanes = RequestLanes(settings: settings, clock: clock, paused: paused)
        await lanes.run(table.withLock { $0.begin() }) { question async throws(ContentFailure) in
            let start = clock.now
            defer { counts.withLock { $0[question.store, default: .init()].count(question, clock.now - start) } }
            return try await ask(question)
        } then: { question, answer in
            table.withLock { $0.take(answer, to: question) }
        }
        var survey = table.withLock { $0.survey() }
        survey.requests = counts.withLock { $0 }
        return survey
    }

    private func ask(_ question: SurveyTable.Question) async throws(ContentFailure) -> SurveyAnswer {
        switch question {
        case .resolve(let tag):
            let store = stores(tag.store, .source)
            guard let summary = try await store.summary(of: .tag(tag.tag), in: tag.repository) else {
                throw ContentFailure(.notFound, "\(tag.store)/\(tag.repository) has no tag \"\(tag.tag)\"")
            }
            return .digest(summary.digest)
        case .fetch(let key, let repository):
            return .manifest(try await stores(key.store, .source).manifest(.digest(key.digest), in: repository))
        }
    }
}

enum SurveyAnswer: Sendable {
    case digest(Digest)
    case manifest(ManifestContent)
}

extension SurveyTable {
    mutating func take(_ answer: Result<SurveyAnswer, TransferFailure>, to question: Question) -> [Question] {
        switch (question, answer) {
        case (.resolve(let tag), .success(.digest(let digest))): resolved(tag, .success(digest))
        case (.resolve(let tag), .failure(let failure)): resolved(tag, .failure(failure))
        case (.fetch(let key, let repository), .success(.manifest(let content))):
            fetched(key, from: repository, .success(content))
        case (.fetch(let key, let repository), .failure(let failure)):
            fetched(key, from: repository, .failure(failure))
        default: preconditionFailure("an answer to another kind of question")
        }
    }
}

extension SurveyTable.Question {
    var store: StoreID {
        switch self {
        case .resolve(let tag): tag.store
        case .fetch(let key, _): key.store
        }
    }
}

extension Survey.RequestCount {
    fileprivate mutating func count(_ question: SurveyTable.Question, _ time: Duration) {
        if case .resolve = question { heads += 1 } else { manifestGets += 1 }
        total += time
    }
}
