// SPDX-License-Identifier: Apache-2.0

extension PlanDriver {
    /// Drives the plan with as many workers as can have something to do at once with these stores; an idle one costs a suspended
    /// task.
    ///
    /// - Parameters:
    ///   - stores: those that the plan asks, in any number.
    ///   - connections: to each store, for reading and for writing each.
    ///   - meter: shows how far the plan is, for as long as the run goes on.
    /// - Returns: the plan as it ended, once every event was received.
    nonisolated func run(
        _ performer: some Performer<P.Request, P.Answer>, asking stores: some Sequence<StoreID>, connections: Int,
        seenBy meter: TransferMeter, on executors: [any TaskExecutor] = [], telling teller: (any TaskExecutor)? = nil
    ) async -> P {
        meter.watch { [weak self] in await self?.state ?? PlanState() }
        let lanes = 2 * Set(stores).count * max(1, connections)
        // One more, to watch the clock.
        return await run(performer, workers: min(lanes, 512) + 1, on: executors, telling: teller)
    }
}
