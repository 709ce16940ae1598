// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Reporting
import Synchronization
import Testing
import TransferEngine
import TransshipTesting

/// What is shown of a real run of the engine, beside what turns out to be true when it is over.
@Suite struct ProgressTruthTests {
    /// What a user would have seen after an event, and what had been sent by then.
    private struct Moment {
        var share: Double
        var isPlanned: Bool
        var known: Int64
        var discovered: Double
        var sent: Int64
    }

    /// Looks at the progress after each event.
    private final class Watcher: TransferObserver {
        private struct State {
            var model: ProgressModel
            var sent: Int64 = 0
            var moments: [Moment] = []
        }

        private let state: Mutex<State>
        private let clock: any TransferClock
        private let meter: TransferMeter

        init(_ model: ProgressModel, _ clock: any TransferClock, _ meter: TransferMeter) {
            state = Mutex(State(model: model))
            self.clock = clock
            self.meter = meter
        }

        var moments: [Moment] { state.withLock { $0.moments } }

        func receive(_ event: TransferEvent) async {
            // Bytes of blobs under way would make the outcome depend on the order of threads; other tests count them.
            var reading = MeterReading()
            reading.plan = await meter.plan()
            state.withLock { state in
                let time = Quantity.seconds(clock.now)
                state.model.receive(event, at: time)
                if case .blobPlaced(.sent, _, let bytes, _, _) = event { state.sent += bytes }
                let facts = state.model.facts(reading, at: time) { _ in "" }
                guard let share = facts.share, let bytes = facts.bytes else { return }
                state.moments.append(
                    Moment(
                        share: share, isPlanned: !bytes.isGrowing, known: bytes.known, discovered: facts.discovered,
                        sent: state.sent))
            }
        }
    }

    /// Images over five base stacks of four layers, each with layers of its own, some of them in an index.
    private static func image(_ number: Int) -> SampleImage {
        let stack = number % 5
        let base = (0..<4).map { String(repeating: "base \(stack).\($0) ", count: 150) }
        let own = (0..<8).map { String(repeating: "own \(number).\($0) ", count: 40 + 7 * (number % 9)) }
        let image = SampleImage(layers: base + own, name: "image \(number)")
        guard number % 8 == 0 else { return image }
        return SampleImage(index: [("linux/amd64", image), ("linux/arm64", SampleImage(layers: own, name: "arm"))])
    }

    /// A source that refuses every ninth request, and then wants to be left alone for a while.
    private static func limitedSource(_ count: Int) throws -> (MemoryStore, [TransferItem], [ItemName]) {
        let (source, requests) = (MemoryStore("source"), RequestCounter())
        var (items, names): ([TransferItem], [ItemName]) = ([], [])
        let tag = try Tag("v1")
        for number in 0..<count {
            let repository = try Repository("team/app\(number)")
            source.add(image(number), to: repository, tag: tag)
            let end = { TransferEndpoint(store: $0, repository: repository, tag: tag, digest: nil) }
            items.append(TransferItem(source: end(StoreID(named: "source")), target: end(StoreID(named: "target"))))
            names.append(ItemName(source: "source/app\(number):v1", target: "target/app\(number):v1"))
        }
        source.addFault { _, _ in
            guard requests.next() % 9 == 0 else { return nil }
            return ContentFailure(.rateLimited, "too many requests", retry: .notBefore(.seconds(5)), status: 429)
        }
        return (source, items, names)
    }

    @Test(arguments: [MemoryStore.MountBehaviour.works, .fallsThrough])
    func `behind a rate limit the share shown is within ten points of the truth and goes back only by what was found`(
        mounts: MemoryStore.MountBehaviour
    ) async throws {
        let (source, items, names) = try Self.limitedSource(40)
        let target = MemoryStore("target")
        (target.mounts, target.isKnownToMount) = (mounts, false)
        let (clock, meter) = (JumpingClock(), TransferMeter())
        let watcher = Watcher(ProgressModel(items: items, names: names), clock, meter)
        var settings = TransferSettings()
        settings.jobs = items.count
        let run = TransferRun(
            items: items, settings: settings, clock: clock, observer: watcher, meter: meter,
            stores: RunStores { store, _ in store == StoreID(named: "source") ? source : target })
        _ = await run.execute()

        let moments = watcher.moments
        let total = try #require(moments.last).sent
        let planned = moments.filter(\.isPlanned)
        #expect(total > 50_000 && moments.last?.share == 1)
        #expect(planned.count > 20 && (planned.first?.share ?? 1) < 0.9, "most of it was over before planning was")
        #expect(!clock.sleeps.isEmpty, "nothing was refused")
        for moment in planned {
            let truth = Double(moment.sent) / Double(total)
            #expect(abs(moment.share - truth) <= 0.1, "shown \(moment.share), true \(truth)")
        }
        for (before, after) in zip(moments, moments.dropFirst()) {
            let found = min(1, Double(before.known) / Double(max(1, after.known)))
            let unread = min(1, after.discovered / before.discovered)
            #expect(after.share >= before.share * found * unread - 1e-9, "from \(before) to \(after)")
        }
    }
}

private final class RequestCounter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
