// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
package import TransferEngine

/// Records what happened at what time in a run, from its events and from a meter that is read once a second.
package final class TimelineRecorder: ImmediateObserver {
    private struct State {
        var timeline = RunTimeline()
        var last: [StoreID: TransferMeter.Traffic] = [:]
    }

    private let items: DerivedList<TransferItem>
    private let clock: @Sendable () -> Double
    private let state = Mutex(State())

    /// - Parameter clock: seconds since the run began.
    package init(items: some RandomAccessCollection<TransferItem> & Sendable, clock: @escaping @Sendable () -> Double) {
        self.items = DerivedList(items)
        self.clock = clock
    }

    /// Also records the transfers of blobs that the meter sees.
    package func follow(_ meter: TransferMeter) {
        meter.whenEnded { [weak self] passage in self?.ended(passage) }
    }

    package func receive(_ event: TransferEvent) {
        switch event {
        case .paused(let store, let pause, let reason):
            let text = reason == .outage ? "no answer" : "asked to wait"
            // An extended pause begins where the one before ends.
            let delay = Quantity.seconds(pause.length - pause.added)
            mark(text, among: \.pauses, of: store, seconds: Quantity.seconds(pause.added), in: delay)
        case .retrying(let failure, _, let item):
            guard items.indices.contains(item) else { return }
            let store = failure.side == .source ? items[item].source.store : items[item].target.store
            mark(failure.cause.message, among: \.retries, of: store)
        default: break
        }
    }

    private func mark(
        _ reason: String, among list: any WritableKeyPath<RunTimeline, [RunTimeline.Mark]> & Sendable,
        of store: StoreID, seconds: Double = 0, in delay: Double = 0
    ) {
        let mark = RunTimeline.Mark(registry: store.name, start: clock() + delay, seconds: seconds, reason: reason)
        state.withLock { state in
            guard state.timeline[keyPath: list].count < RunTimeline.mostMarks else { return }
            state.timeline[keyPath: list].append(mark)
        }
    }

    private func ended(_ passage: TransferMeter.EndedPassage) {
        guard state.withLock({ $0.timeline.takes(blobOf: passage.blob.size) }) else { return }
        let blob = RunTimeline.Blob(
            digest: passage.blob.digest.text, size: passage.blob.size, source: passage.source.name,
            target: "\(passage.target)/\(passage.repository)", start: Quantity.seconds(passage.start),
            end: Quantity.seconds(passage.end))
        state.withLock { $0.timeline.add(blob) }
    }

    /// Reads the meter. Call this once a second: bytes since the last call belong to the second that ends now.
    package func sample(_ meter: TransferMeter) {
        let (time, traffic) = (max(0, clock() - 0.5), meter.traffic)
        state.withLock { state in
            for (store, now) in traffic {
                let before = state.last[store] ?? TransferMeter.Traffic()
                let (read, written) = (now.read - before.read, now.written - before.written)
                guard read != 0 || written != 0 else { continue }
                state.timeline.add(read: read, written: written, at: store.name, time: time)
            }
            state.last = traffic
        }
    }

    package var timeline: RunTimeline {
        var timeline = state.withLock { $0.timeline }
        timeline.series.sort { $0.registry < $1.registry }
        return timeline
    }
}
