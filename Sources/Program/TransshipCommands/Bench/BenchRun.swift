// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Content
import Distribution
import OCI
import RegistryTransport
import Reporting

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension RegistryStore: ContentEraser {
    /// Asks whether the registry is there and takes the credentials.
    ///
    /// - Parameter side: "source " or "target ", where there are two.
    func reach(as side: String = "") async throws {
        do throws(ContentFailure) { try await ping() } catch {
            let isRefusal = [.unauthorized, .denied].contains(error.kind)
            throw CommandFailure(
                "\(side)\(host): \(error.message)", hint: error.hint, status: isRefusal ? .credentials : .allFailed)
        }
    }
}

/// One measurement of a registry, from the first request to the removal of what it stored.
struct BenchRun: Sendable {
    let store: RegistryStore
    let address: BenchAddress
    let root: Repository
    let settings: RegistryBenchSettings
    let process: Int?
    let keeps: Bool
    let tally: WireTally

    func measure(_ context: CommandContext) async -> RegistryBenchReport {
        var report = RegistryBenchReport()
        (report.program, report.registry) = (Version.line, address.description)
        (report.settings, report.process, report.machine) = (settings, process, ProcessMeter.machine)
        report.started = Date.now.formatted(.iso8601)
        let load = RegistryLoad(store, root: root, settings: settings, seed: .random(in: .min ... .max))
        let runner = LoadRunner(connections: settings.connections, executors: EventLoopExecutor.all)
        let bench = RegistryBench(
            load, settings: settings, runner: runner, probe: probe,
            began: { phase, repetition in tell(phase, repetition: repetition, context.console) })
        (report.phases, report.endedInSilence) = await bench.run()
        report.isStopped = Task.isCancelled
        context.console.progress([])
        report.leftovers = await leave(
            load, inHaste: report.isStopped || report.endedInSilence, context.console)
        report.ended = Date.now.formatted(.iso8601)
        return report
    }

    private var probe: @Sendable () -> BenchProbe {
        { [tally, process] in
            BenchProbe(
                ownCPU: ProcessMeter.ownCPU, requests: tally.requests,
                registry: process.flatMap(ProcessMeter.use(of:)))
        }
    }

    private func tell(_ phase: RegistryPhase, repetition: Int, _ console: Console) {
        let place = "repetition \(repetition) of \(settings.repetitions)"
        if Console.isErrorTerminal {
            console.progress(["measuring \(phase.rawValue), \(place)"])
        } else if phase == settings.phases.first {
            console.note("measuring \(address) below \(root)/, \(place)")
        }
    }
}
