// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
package import TransferEngine

/// Follows a run by its events and computes its progress at any moment. The caller passes the time as a parameter.
package struct ProgressModel: Sendable {
    private static let failuresKept = 3

    private struct Pause: Sendable {
        var until: Double
        /// `429`, `pull quota`, `no answer`.
        var reason: String
    }

    private let names: DerivedList<ItemName>
    private var facts = ProgressFacts()
    private var need = TransferNeed()
    private var window = RateWindow()
    /// Items whose root manifest was read, or that have ended.
    private var known: [Bool]
    private var knownCount = 0
    private var pauses: [StoreID: Pause] = [:]
    private var silences: [StoreID: Silence] = [:]

    /// - Parameters:
    ///   - names: the names of the items, for failures.
    ///   - verb: what the run does with them, such as `copying`.
    package init(
        items: some RandomAccessCollection<TransferItem> & Sendable,
        names: some RandomAccessCollection<ItemName> & Sendable, verb: String = "copying",
        noun: String = "item"
    ) {
        self.names = DerivedList(names)
        known = Array(repeating: false, count: items.count)
        facts.verb = verb
        facts.items.noun = noun
        facts.items.total = max(items.count, names.count)
        facts.bytes = ProgressFacts.Bytes()
    }

    package mutating func receive(_ event: TransferEvent, at time: Double) {
        switch event {
        case .planned(let blob, let store): need.plan(blob, at: store)
        case .givenUp(let blob, let store): need.giveUp(blob, at: store)
        case .blobPlaced(let outcome, let blob, let bytes, let store, _):
            need.place(outcome, blob, bytes: bytes, at: store)
        case .mountsLearned(let store, let mounts): need.learn(store, mounts: mounts)
        case .rootFetched(_, let item), .manifestExisted(_, let item): discover(item)
        case .paused(let store, let pause, let reason): self.pause(store, pause, reason, at: time)
        case .itemFinished(let report): finish(report)
        case .itemStarted, .chosen, .retrying, .uploadResumed, .manifestStored, .referrerListed, .signatureKept,
            .referrersLeft,
            .foreignLayerSkipped,
            .tagMoved:
            break
        }
    }

    // MARK: - For work without events of a copy

    /// - Parameter total: the number of items.
    package init(counting total: Int, verb: String, noun: String) {
        self.init(items: [TransferItem](), names: [ItemName](), verb: verb, noun: noun)
        facts.items.total = total
        facts.bytes = nil
    }

    /// Work that reads all sources before it ends the first item.
    package init(readingFirst total: Int, verb: String, noun: String) {
        self.init(counting: total, verb: verb, noun: noun)
        facts.readsFirst = true
        facts.phase = "reading sources"
    }

    package mutating func sourcesRead() { facts.phase = nil }

    package mutating func expect(_ total: Int) { facts.items.total = total }

    /// - Parameter failure: the failure to show; nil if the item succeeded.
    package mutating func end(failure: ProgressFacts.Failure? = nil) {
        if let failure {
            facts.items.failed += 1
            keep(failure)
        } else {
            facts.items.done += 1
        }
    }

    package mutating func pause(_ store: StoreID, _ pause: StorePause, _ reason: PauseReason, at time: Double) {
        let status = pause.cause?.status.map { "\($0)" } ?? "asked to wait"
        let text = reason == .outage ? "no answer" : pause.cause?.isPullQuota == true ? "pull quota" : status
        pauses[store] = Pause(until: time + Quantity.seconds(pause.length), reason: text)
    }

    // MARK: - Out

    /// - Parameters:
    ///   - time: seconds since the run began.
    ///   - clockTime: the time of day this many seconds from now, `14:05`.
    package mutating func facts(_ reading: MeterReading, at time: Double, clockTime: (Double) -> String)
        -> ProgressFacts
    {
        window.add(reading.bytesMoved, at: time)
        var facts = facts
        facts.elapsed = time
        facts.bytesMoved = reading.bytesMoved
        facts.requests = reading.requests
        facts.rate = window.rate(of: reading.bytesMoved, at: time)
        facts.discovered = facts.phase == nil ? discovered(reading.plan) : reading.plan.sourcesRead
        if facts.bytes != nil {
            facts.bytes = bytes(reading)
        } else if let plan = reading.plan.reading {
            facts.bytes = bytes(of: plan, reading)
        }
        noteSilences(reading, at: time)
        facts.registries = registries(reading, at: time, clockTime)
        facts.secondsLeft = secondsLeft(facts, at: time)
        facts.blobs = reading.blobs.sorted { ($0.size, $1.name) > ($1.size, $0.name) }
        return facts
    }

    private func bytes(_ reading: MeterReading) -> ProgressFacts.Bytes {
        var bytes = ProgressFacts.Bytes()
        bytes.done = need.sent.addingSaturated(min(moving(reading), need.open))
        bytes.known = need.sent.addingSaturated(need.open)
        bytes.isGrowing = knownCount < known.count || reading.plan.manifestsUnread > 0
        return bytes
    }

    /// The bytes of work that only reads.
    private func bytes(of plan: ReadingState, _ reading: MeterReading) -> ProgressFacts.Bytes {
        let underWay = max(0, plan.planned.addingSaturated(-plan.ended))
        var bytes = ProgressFacts.Bytes(
            done: plan.ended.addingSaturated(min(moving(reading), underWay)), known: plan.planned)
        bytes.isGrowing = reading.plan.manifestsUnread > 0
        return bytes
    }

    /// Bytes of blobs under way that have passed.
    private func moving(_ reading: MeterReading) -> Int64 {
        reading.blobs.reduce(Int64(0)) { $0.addingSaturated(min($1.moved, $1.size)) }
    }

    /// The fraction of items whose roots are known, and of the manifests found below them so far.
    private func discovered(_ plan: PlanState) -> Double {
        guard !known.isEmpty || plan.reading != nil else { return 1 }
        let roots = known.isEmpty ? 1 : Double(knownCount) / Double(known.count)
        guard plan.manifestsUnread > 0 else { return roots }
        let read = Double(plan.manifestsRead)
        return roots * read / (read + Double(plan.manifestsUnread))
    }

    private func secondsLeft(_ facts: ProgressFacts, at time: Double) -> Double? {
        guard let bytes = facts.bytes, bytes.known > bytes.done, facts.rate >= 1, time >= 1 else { return nil }
        // The estimate of all bytes uses the same rule as the share, because both are shown in one line.
        let all = Double(bytes.known) / max(0.01, facts.discovered)
        let waits = facts.registries.compactMap { $0.inFlight == 0 ? $0.wait?.seconds : nil }
        return max((all - Double(bytes.done)) / facts.rate, waits.max() ?? 0)
    }

    private func registries(
        _ reading: MeterReading, at time: Double, _ clockTime: (Double) -> String
    ) -> [ProgressFacts.Registry] {
        let lanes = Dictionary(reading.plan.lanes.map { ($0.store, $0) }) { first, _ in first }
        return Set(lanes.keys).union(pauses.keys).sorted { $0.name < $1.name }.map { store in
            var registry = ProgressFacts.Registry(store.name)
            registry.inFlight = lanes[store]?.inFlight ?? 0
            registry.limit = lanes[store]?.limit
            if let pause = pauses[store], pause.until > time {
                let seconds = pause.until - time
                registry.wait = ProgressFacts.Wait(
                    pause.reason, seconds: seconds, clockTime: clockTime(seconds))
            } else {
                registry.silence = silences[store]?.length(at: time)
            }
            return registry
        }
    }

    private mutating func noteSilences(_ reading: MeterReading, at time: Double) {
        for lane in reading.plan.lanes {
            silences[lane.store, default: Silence(since: time)].note(lane, bytesMoved: reading.bytesMoved, at: time)
        }
    }

    // MARK: - Events

    private mutating func discover(_ item: ItemID) {
        guard known.indices.contains(item), !known[item] else { return }
        known[item] = true
        knownCount += 1
    }

    private mutating func finish(_ report: ItemReport) {
        discover(report.item)
        guard case .failed(let failure) = report.outcome else { return facts.items.done += 1 }
        guard failure.cause.kind != .cancelled else { return }
        facts.items.failed += 1
        let name = names.indices.contains(report.item) ? names[report.item].source : ""
        keep(ProgressFacts.Failure(name, kind: failure.cause.kind.rawValue, failure.cause.message))
    }

    private mutating func keep(_ failure: ProgressFacts.Failure) {
        facts.failures.append(failure)
        if facts.failures.count > Self.failuresKept { facts.failures.removeFirst() }
    }
}

/// What a meter shows at one moment.
package struct MeterReading: Sendable {
    package var bytesMoved: Int64 = 0
    package var blobs: [ProgressFacts.Blob] = []
    package var plan = PlanState()
    /// Requests sent so far, where they are counted.
    package var requests: Int?

    package init() {}
}

extension MeterReading {
    package init(_ meter: TransferMeter) async {
        bytesMoved = meter.bytesMoved
        blobs = meter.passages.map { passage in
            ProgressFacts.Blob(
                name: String(passage.blob.digest.short), target: "\(passage.store)/\(passage.repository)",
                moved: passage.moved, size: passage.blob.size)
        }
        plan = await meter.plan()
    }
}

extension Int64 {
    func addingSaturated(_ other: Int64) -> Int64 {
        var sum = self
        sum.add(saturating: other)
        return sum
    }
}
