// SPDX-License-Identifier: Apache-2.0

import Content

extension QuestionList {
    /// Asks all questions.
    ///
    /// - Returns: the answers; after a cancellation some are missing.
    func answers(
        clock: any TransferClock, meter: TransferMeter, paused: @escaping @Sendable (StoreID, Duration) -> Void,
        stores: @escaping @Sendable (StoreID, TransferSide) -> any ContentTarget,
        ask: @escaping @Sendable (Question, any ContentTarget) async throws(ContentFailure) -> Value
    ) async -> [Question: Result<Value, TransferFailure>] {
        let asked = requests.waiting.compactMap(\.lanes.store)
        return await PlanDriver(self, clock: clock) { $0.tell(paused) }.run(
            Questioner(stores: stores, ask: ask), asking: asked, connections: requests.settings.connectionsPerStore,
            seenBy: meter
        ).answers
    }
}
