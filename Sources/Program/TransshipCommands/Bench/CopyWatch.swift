// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import RegistryTransport
import Reporting
import Synchronization
import TransferEngine

/// Samples a copy while it runs.
final class CopyWatch: TransferObserver {
    private struct State {
        var moments: [CopyMoment] = []
        /// When the pause of each registry ends.
        var pauses: [StoreID: ContinuousClock.Instant] = [:]
    }

    private let source: StoreID?
    private let target: StoreID?
    private let tally: WireTally
    private let state = Mutex(State())

    init(_ items: [TransferItem], tally: WireTally) {
        self.tally = tally
        source = items.first?.source.store
        target = items.first?.target.store
    }

    var moments: [CopyMoment] { state.withLock { $0.moments } }

    func receive(_ event: TransferEvent) {
        guard case .paused(let store, let pause, _) = event else { return }
        let end = ContinuousClock.now + pause.length
        state.withLock { $0.pauses[store] = max(end, $0.pauses[store] ?? end) }
    }

    /// - Returns: what `work` returned, and the seconds that it took.
    func sampling<Value>(_ meter: TransferMeter, _ work: () async -> Value) async -> (value: Value, seconds: Double) {
        let start = ContinuousClock.now
        let elapsed = { @Sendable in Quantity.seconds(ContinuousClock.now - start) }
        let sampling = Task {
            while !Task.isCancelled {
                await look(at: meter, elapsed())
                // For a long copy, the number of samples is limited so that its report stays readable.
                try? await Task.sleep(for: max(Self.interval, (ContinuousClock.now - start) / Self.looks))
            }
        }
        let value = await work()
        let seconds = elapsed()
        sampling.cancel()
        await look(at: meter, seconds)
        return (value, seconds)
    }

    private static let (interval, looks) = (Duration.milliseconds(20), 200)

    private func look(at meter: TransferMeter, _ time: Double) async {
        let lanes = await meter.plan().lanes
        let moment = CopyMoment(
            time: time, source: lane(source, lanes), target: lane(target, lanes), cpu: ProcessMeter.ownCPU,
            tokens: tally.tokensAwaited,
            begun: CopyRequests(tally.byAuthority, source: source?.name, target: target?.name))
        state.withLock { state in
            if (state.moments.last?.time ?? -1) < time { state.moments.append(moment) }
        }
    }

    private func lane(_ store: StoreID?, _ lanes: [LaneState]) -> CopyMoment.Lane {
        guard let lane = lanes.first(where: { $0.store == store }) else { return CopyMoment.Lane() }
        let pause = state.withLock { $0.pauses[lane.store] }
        return CopyMoment.Lane(
            inFlight: lane.inFlight, limit: lane.limit, isPaused: pause.map { $0 > .now } ?? false)
    }
}

extension WireTally {
    var byAuthority: [(authority: String, requests: Int)] {
        snapshot.map { (authority: $0.authority, requests: $1.requests) }
    }
}
