// SPDX-License-Identifier: Apache-2.0

import Content

extension QuestionList {
    /// Sends all questions.
    ///
    /// - Parameter answered: called once for each question, as soon as it has its answer.
    /// - Returns: the answers; after a cancellation some are missing.
    func answers(
        clock: any TransferClock, meter: TransferMeter, paused: @escaping PauseHandler,
        answered: @escaping @Sendable (Finding) -> Void = { _ in },
        sources: @escaping @Sendable (StoreID) -> any ContentSource,
        ask: @escaping @Sendable (Question) async throws(ContentFailure) -> Value
    ) async -> [Question: Result<Value, TransferFailure>] {
        let asked = requests.waiting.compactMap(\.lanes.store)
        return await PlanDriver(self, clock: clock) { event in
            event.tell(paused)
            if case .found(let finding) = event { answered(finding) }
        }.run(
            Questioner(sources: sources, ask: ask), asking: asked, connections: requests.settings.connectionsPerStore,
            seenBy: meter
        ).answers
    }
}
