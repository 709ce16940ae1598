// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI
import Synchronization

/// Reads every item's manifests at its source, including index children. Reads many at the same time, and each once.
///
/// Failures are part of the result. A survey itself does not fail.
package struct SurveyRun: Sendable {
    package var items: [TransferItem]
    package var settings: TransferSettings
    package var clock: any TransferClock
    package var sources: @Sendable (StoreID) -> any ContentSource
    /// Shows how stores are asked.
    package var meter = TransferMeter()
    /// Called when a store asks for a pause.
    package var paused: PauseHandler

    package init(
        items: [TransferItem], settings: TransferSettings, clock: any TransferClock = SystemTransferClock(),
        paused: @escaping PauseHandler = { _, _, _ in },
        sources: @escaping @Sendable (StoreID) -> any ContentSource
    ) {
        self.items = items
        self.settings = settings
        self.clock = clock
        self.paused = paused
        self.sources = sources
    }

    /// After a cancellation, the remaining manifests count as not read.
    package func execute() async -> Survey {
        let times = Mutex<[StoreID: AnswerTime]>([:])
        let plan = SurveyPlan(items: items, settings: settings)
        let questioner = Questioner<SurveyPlan.Question, ManifestContent>(sources: sources) {
            [clock, sources] question throws(ContentFailure) in
            let start = clock.now
            defer { times.withLock { $0[question.store, default: AnswerTime()].add(clock.now - start) } }
            return try await Self.ask(question, of: sources(question.store))
        }
        let ended = await PlanDriver(plan, clock: clock) { [paused] in $0.tell(paused) }.run(
            questioner, asking: items.lazy.map(\.source.store), connections: settings.requests.connectionsPerStore,
            seenBy: meter)
        var survey = ended.survey()
        survey.answerTimes = times.withLock { $0 }
        return survey
    }

    private static func ask(
        _ question: SurveyPlan.Question, of source: any ContentSource
    ) async throws(ContentFailure) -> ManifestContent {
        switch question {
        case .read(let tag): try await source.manifest(.tag(tag.tag), in: tag.repository)
        case .fetch(let key, let repository): try await source.manifest(.digest(key.digest), in: repository)
        }
    }
}
