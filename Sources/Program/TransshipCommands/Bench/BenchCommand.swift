// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Reporting

struct BenchCommand: TransshipCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure a registry, or copies between two.",
        discussion: """
            EXAMPLES
              transship bench registry http://127.0.0.1:5000
              transship bench compare before.json after.json
              transship bench copy --workload tiny --profile

            EXIT CODES
              As of its subcommands.
            """,
        subcommands: [BenchRegistryCommand.self, BenchCompareCommand.self, BenchCopyCommand.self])

    func execute(_ context: CommandContext, _ interruption: Interruption) async throws -> ExitStatus {
        throw CommandFailure.usage(["bench does nothing by itself"], hint: "transship bench registry --help")
    }
}
