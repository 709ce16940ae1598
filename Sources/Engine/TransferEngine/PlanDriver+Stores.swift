// SPDX-License-Identifier: Apache-2.0

extension PlanDriver {
    /// Runs the plan with as many workers as can be busy at once with these stores. An idle worker costs a suspended task.
    ///
    /// - Parameters:
    ///   - stores: the stores that the plan sends requests to.
    ///   - connections: connections to each store, for each direction.
    ///   - meter: shows the plan's progress during the run, and its last state afterwards.
    /// - Returns: the plan as it ended, once every event was received.
    nonisolated func run(
        _ performer: some Performer<P.Request, P.Answer>, asking stores: some Sequence<StoreID>, connections: Int,
        seenBy meter: TransferMeter, on executors: [any TaskExecutor] = [],
        events eventExecutor: (any TaskExecutor)? = nil
    ) async -> P {
        meter.watch { [weak self] in await self?.state ?? PlanState() }
        let lanes = 2 * Set(stores).count * max(1, connections)
        // One more worker watches the clock.
        let ended = await run(performer, workers: min(lanes, 512) + 1, on: executors, events: eventExecutor)
        // Displays show the end after the driver is gone.
        let state = ended.state
        meter.watch { state }
        return ended
    }
}
