// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import Content
import Distribution
import ImageFixtures
import OCI
import OutsidePrograms
import RegistryTransport
import Reporting
import TransferEngine

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Copies of one workload, from its images at the source to the removal of everything.
struct CopyBenchRun: Sendable {
    let images: [FixtureImage]
    let root: Repository
    let context: CommandContext
    let choices: RegistryChoices
    var jobs = 32
    var connections = 64
    var copiesReferrers = false
    var keeps = false
    /// The program that copies; nil for this program.
    var tool: CopyTool?

    /// - Parameter addresses: source and target; empty: registries that are started here.
    func measure(_ addresses: [BenchAddress], repetitions: Int) async throws -> CopyBenchReport {
        let stage = BenchStage(context: context)
        let result: Result<CopyBenchReport, any Error>
        do { result = .success(try await measure(addresses, on: stage, repetitions: repetitions)) } catch {
            result = .failure(error)
        }
        await stage.end()
        return try result.get()
    }

    private func measure(
        _ addresses: [BenchAddress], on stage: BenchStage, repetitions: Int
    ) async throws -> CopyBenchReport {
        let isOneRegistry = addresses.count == 2 && addresses[0].host == addresses[1].host
        let least = LeastCopy(images, copiesReferrers: copiesReferrers, isOneRegistry: isOneRegistry)
        var report = CopyBenchReport(least)
        (report.program, report.arguments) = (Version.line, context.arguments)
        report.started = Date.now.formatted(.iso8601)
        let source = try await addresses.isEmpty ? stage.start() : BenchPlace(addresses[0])
        report.source = source.name
        let seeded = try Repository("\(root)/source")
        for (address, side) in zip(addresses, ["source ", "target "]) { try await reach(address.host, as: side) }
        context.console.note("storing \(Quantity.count(images.count, "image")) at \(source.host) below \(root)/")
        do { try await seed(source.host, below: seeded) } catch {
            if !addresses.isEmpty { await removeBegun(seeded, at: source.host) }
            throw error
        }
        for number in 1...repetitions where !Task.isCancelled {
            let target = try await addresses.isEmpty ? stage.start() : BenchPlace(addresses[1])
            report.target = target.name
            context.console.note("copy \(number) of \(repetitions)")
            let copied = try Repository("\(root)/copy-\(number)")
            let sample = try await copy(from: source, seeded, to: target, copied)
            if !Task.isCancelled { report.samples.append(sample) }
            guard !addresses.isEmpty else {
                await stage.end(target)
                continue
            }
            var stock = Stock(prefix: copied, hasReferrers: copiesReferrers)
            stock.isUncertain = sample.failed > 0 || Task.isCancelled
            try await remove(stock, at: target.host)
        }
        if !addresses.isEmpty { try await remove(Stock(prefix: seeded, hasReferrers: true), at: source.host) }
        report.ended = Date.now.formatted(.iso8601)
        return report
    }

    /// A registry that is not there is told before anything is stored at the source.
    private func reach(_ host: RegistryHost, as side: String) async throws {
        let connections = try Connections(choices, context, connections: 1)
        try await connections.closing { try await connections.targetStore(host).reach(as: side) }
    }

    /// Removes what a seeding that failed or was stopped has stored.
    private func removeBegun(_ prefix: Repository, at host: RegistryHost) async {
        var stock = Stock(prefix: prefix, hasReferrers: true)
        stock.isUncertain = true
        do { try await remove(stock, at: host) } catch {
            context.console.note("\(host): images may be left below \(root)/")
        }
    }

    private func seed(_ host: RegistryHost, below prefix: Repository) async throws {
        let connections = try Connections(choices, context, connections: connections)
        try await connections.closing {
            let store = connections.targetStore(host)
            let seeder = ImageSeeder(target: store, prefix: prefix.path, width: 4, tagsReferrers: false)
            do {
                try await seeder.push(images)
                if try await listsReferrersByTags(store, below: prefix) { try await seeder.pushReferrersTags(images) }
            } catch {
                let failure = error as? ContentFailure
                throw CommandFailure(
                    "\(host): the images cannot be stored: \("\(error)".displayable)", hint: failure?.hint,
                    status: [.unauthorized, .denied].contains(failure?.kind) ? .credentials : .allFailed)
            }
        }
    }

    // MARK: - One copy

    private func copy(
        from source: BenchPlace, _ seeded: Repository, to target: BenchPlace, _ copied: Repository
    ) async throws -> CopySample {
        let items = try images.map { image in
            TransferItem(
                source: try image.endpoint(at: source.host, below: seeded),
                target: try image.endpoint(at: target.host, below: copied))
        }
        let registries = [source, target].map(\.process)
        let before = Self.cpu(of: registries)
        var sample =
            if let tool { try await tool.copy(items, jobs: jobs) } else { try await transfer(items) }
        sample.registriesCPU = before.flatMap { old in Self.cpu(of: registries).map { $0 - old } }
        try await check(items, &sample)
        return sample
    }

    private static func cpu(of processes: [Int?]) -> Double? {
        let used = processes.compactMap { $0.flatMap(ProcessMeter.use(of:))?.cpuSeconds }
        return used.count == processes.count ? used.reduce(0, +) : nil
    }

    private func transfer(_ items: [TransferItem]) async throws -> CopySample {
        var sample = CopySample()
        let tally = WireTally()
        var pace = try PaceOptions.parse([])
        (pace.jobs, pace.connectionsPerRegistry) = (jobs, connections)
        let connections = try Connections(choices, context, pace: pace, tally: tally)
        let watch = CopyWatch(items, tally: tally)
        let cpu = ProcessMeter.ownCPU
        let copied = try await connections.closing { [pace] in
            var settings = pace.settings
            settings.referrers = copiesReferrers ? .all : .none
            var run = TransferRun(items: items, settings: settings, observer: watch, stores: connections.stores)
            run.eventExecutor = OutputThread()
            run.executors = EventLoopExecutor.all
            return await watch.sampling(run.meter) { [run] in await run.execute() }
        }
        sample.seconds = copied.seconds
        sample.cpu = ProcessMeter.ownCPU - cpu
        sample.peakMemory = ProcessMeter.ownPeakMemory
        sample.moments = watch.moments
        sample.firstFailure = copied.value.lazy.compactMap(\.?.failure).first?.description
        sample.count(
            tally.byAuthority, source: items.first?.source.store.name, target: items.first?.target.store.name)
        return sample
    }
}

extension FixtureImage {
    fileprivate func endpoint(at host: RegistryHost, below prefix: Repository) throws -> TransferEndpoint {
        let repository = try Repository(repository).below(prefix.path)
        return TransferEndpoint(
            store: StoreID(host), repository: repository, tag: try tags.first.map { try Tag($0) }, digest: nil)
    }
}
