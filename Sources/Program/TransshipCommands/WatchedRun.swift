// SPDX-License-Identifier: Apache-2.0

import LiveView
import RegistryTransport
import Reporting
import TransferEngine

/// A run of a command as its live page sees it.
struct WatchedRun: LiveRun {
    let record: RunRecord
    let tracker: ProgressTracker
    let meter: TransferMeter

    var names: [ItemName] { Array(record.collector.names) }

    func reading(since position: Int) async -> LiveReading {
        var meterReading = await MeterReading(meter)
        meterReading.requests = record.requests
        let facts = tracker.facts(meterReading) { LocalTime.clock(in: $0) }
        var reading = LiveReading(record.reportWithoutItems, facts, record.collector.changes(since: position))
        reading.traffic = meter.traffic.map { store, traffic in
            LiveReading.Traffic(store.name, read: traffic.read, written: traffic.written)
        }.sorted { $0.registry < $1.registry }
        return reading
    }
}
