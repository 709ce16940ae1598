// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import OCI

extension RegistryBenchTable {
    /// What the figures do not show: phases that were not measured, failures, and operations that never began.
    package var remarks: [String] {
        var remarks: [String] = []
        if report.isStopped { remarks.append("the measurement was stopped: figures are of what had ended by then") }
        if report.endedInSilence {
            remarks.append("the registry stopped answering: figures are of what had ended by then")
        }
        remarks += unmeasured + report.phases.flatMap(remarks(on:))
        remarks += [limitingClient, sharedCores, busyClient, otherProcess].compactMap(\.self)
        if let left = report.leftovers, !left.isEmpty { remarks.append(left.sentence(at: report.registry)) }
        return remarks
    }

    /// The phases that were not measured, with one line for each reason.
    private var unmeasured: [String] {
        var reasons: [(reason: String, phases: [String])] = []
        for phase in report.phases {
            guard let problem = phase.problem else { continue }
            if let place = reasons.firstIndex(where: { $0.reason == problem.reason }) {
                reasons[place].phases.append(phase.phase.rawValue)
            } else {
                reasons.append((problem.reason, [phase.phase.rawValue]))
            }
        }
        return reasons.map { reason, phases in
            "\(phases.joined(separator: ", ")) \(phases.count == 1 ? "was" : "were") not measured: \(reason)"
        }
    }

    /// Where this program has next to no time left, its own speed was measured.
    private var limitingClient: String? {
        let phases = measured.filter { coresInUse($0.ownCPU, $0).map { $0 >= Self.busyCores } ?? false }
        guard !phases.isEmpty else { return nil }
        let all = phases.map { phase in
            "\(phase.phase.rawValue) (\(coresInUse(phase.ownCPU, phase).map(Quantity.share) ?? "-"))"
        }
        return "this program itself was the limit in \(all.joined(separator: ", ")), by the share of this machine's "
            + "CPU time that it used: the registry is faster than these figures say"
    }

    /// Where this program and the registry have to share all cores, neither is as fast as it is alone.
    private var sharedCores: String? {
        let phases = measured.filter { phase in
            let own = coresInUse(phase.ownCPU, phase) ?? 1
            let both = phase.registryCPU.flatMap { coresInUse(phase.ownCPU + $0, phase) } ?? 0
            return own < Self.busyCores && both >= Self.allCores
        }
        guard !phases.isEmpty else { return nil }
        return "this program and the registry together used all of this machine's cores in "
            + "\(phases.map(\.phase.rawValue).joined(separator: ", ")): on a machine of its own the registry is faster"
    }

    /// The share of the machine's CPU time from which on a program has no time left that it could use: some of it is always
    /// lost between threads.
    private static let (busyCores, allCores) = (0.8, 0.9)

    /// CPU time as a share of what all cores of the measuring machine have; nil if their number is not known.
    private func coresInUse(_ cpu: Double, _ phase: PhaseResult) -> Double? {
        let seconds = phase.samples.reduce(0) { $0 + $1.seconds }
        guard let machine = report.machine, machine.processors > 0, seconds > 0 else { return nil }
        return cpu / (seconds * Double(machine.processors))
    }

    /// Where this program computes as much as the registry, the registry may be able to do more.
    private var busyClient: String? {
        let phases = measured.filter { phase in phase.registryCPU.map { $0 <= phase.ownCPU } ?? false }
        guard !phases.isEmpty else { return nil }
        return
            "this program used as much CPU time as the registry or more in \(phases.map(\.phase.rawValue).joined(separator: ", ")): "
            + "the registry may be faster there than these figures say"
    }

    /// A process that computes next to nothing while requests are answered does not answer them.
    private var otherProcess: String? {
        let seen = measured.filter { $0.registryCPU != nil }
        let requests = seen.saturatedSum(of: \.requests)
        let used = seen.reduce(0) { $0 + ($1.registryCPU ?? 0) }
        guard requests >= 100, used < Self.leastCPU * Double(requests) else { return nil }
        return
            "process \(report.process.map { "\($0) " } ?? "")used next to no CPU time (\(Quantity.latency(used)) for "
            + "\(Quantity.count(requests, "request"))): it may not be the one that answers"
    }

    /// CPU seconds of a request below which no registry answers one. The fastest one that was measured takes 30 µs.
    private static let leastCPU = 2e-6

    private func remarks(on phase: PhaseResult) -> [String] {
        var lines: [String] = []
        for (failure, count) in phase.failures.sorted(by: { $0.key < $1.key }) {
            lines.append("\(phase.phase.rawValue): \(Quantity.count(count, "operation")) failed: \(failure)")
        }
        if let first = phase.firstFailure { lines.append("\(phase.phase.rawValue): the first failure: \(first)") }
        if phase.neverBegun > 0 {
            lines.append(
                "\(phase.phase.rawValue): \(Quantity.count(phase.neverBegun, "operation")) never began: the registry "
                    + "does not keep up with the rate; their waiting counts as latency")
        }
        return lines
    }
}
