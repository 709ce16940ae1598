// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import OCI
import Reporting

struct BenchCompareCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Put two measurements of registries side by side, and say what differs by more than noise.",
        discussion: """
            Reads two reports that bench registry --report wrote as JSON. Of each phase it
            compares the speed, the latency at the median and at p99, and the registry's CPU
            time for each operation where both were measured with --pid. Each figure is the
            median of the repetitions. It is better or worse where the medians are further
            apart than the repetitions of either measurement; measure with more
            --repetitions to see smaller differences.

            Every other option that changes the measurement has to be the same in both.
            Where one is not, the figures stand side by side, the options that differ are
            told, and no figure is better or worse.

            EXAMPLES
              Before and after a change of the registry:
                transship bench registry http://127.0.0.1:5000 --report before.json
                transship bench registry http://127.0.0.1:5000 --report after.json
                transship bench compare before.json after.json

            EXIT CODES
              0 compared, whatever is better or worse; 2 usage, or measurements with other
              options or phases, which cannot be compared.
            """)

    @Argument(help: ArgumentHelp("The first measurement, A.", valueName: "a.json")) var first: String
    @Argument(help: ArgumentHelp("The second measurement, B.", valueName: "b.json")) var second: String
    @Option(help: "Form of the result on standard output: text or json.") var format: BatchReporter.Output = .text

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        let (one, other) = (try Self.read(first), try Self.read(second))
        let comparison: BenchComparison
        do throws(BenchFileError) { comparison = try BenchComparison(one, other) } catch {
            throw CommandFailure.usage(
                ["\(first.displayable) and \(second.displayable) cannot be compared: \(error)"],
                hint: "measure both with the same options")
        }
        let table = BenchComparisonTable(comparison)
        if let warning = table.warning { context.console.note("warning: \(warning)") }
        if format == .json {
            context.console.output(comparison.json.text)
        } else {
            context.console.output("A is \(first.displayable): \(one.registry.displayable), \(one.started.displayable)")
            context.console.output(
                "B is \(second.displayable): \(other.registry.displayable), \(other.started.displayable)\n")
            context.console.output(table.text)
        }
        if let machine = one.machine, let another = other.machine, machine != another {
            context.console.note(
                "warning: measured on different machines: \(machine.sentence), and \(another.sentence)")
        }
        return comparison.differences.isEmpty ? .success : .usage
    }

    private static func read(_ path: String) throws -> RegistryBenchReport {
        let bytes = try FileBytes.read(path)
        do throws(BenchFileError) { return try RegistryBenchReport(reading: bytes) } catch {
            throw CommandFailure.usage(
                ["\(path.displayable) is not a measurement of a registry: \(error)"],
                hint: "bench registry --report FILE.json writes one")
        }
    }
}
