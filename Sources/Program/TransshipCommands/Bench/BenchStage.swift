// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import OCI
import OutsidePrograms
import Reporting
import Synchronization

/// A registry that a measurement uses.
struct BenchPlace: Sendable {
    let host: RegistryHost
    let name: String
    /// The registry's process, if it was started here.
    let process: Int?

    init(_ address: BenchAddress, process: Int? = nil) {
        (host, name, self.process) = (address.host, address.description, process)
    }
}

/// Registries in memory, each a process of its own: this program, started once more. They end with this process, also when
/// it is killed.
final class BenchStage: Sendable {
    private let context: CommandContext
    private let running = Mutex<[RunningProgram]>([])

    init(context: CommandContext) { self.context = context }

    func start() async throws -> BenchPlace {
        let program = OutsideProgram(
            path: ProcessStart.program,
            arguments: ["registry", "serve", "--address", "127.0.0.1:0", "--until-input-ends"],
            variables: context.environment.variables)
        do throws(ProgramFailure) {
            let started = try RunningProgram(starting: program)
            running.withLock { $0.append(started) }
            let line = try await started.firstLine(within: .seconds(30))
            guard let address = BenchAddress(argument: line) else {
                throw .notStarted("it said \"\(line.displayable)\"")
            }
            return BenchPlace(address, process: started.id)
        } catch {
            throw CommandFailure("transship registry serve \(error)".displayable, status: .allFailed)
        }
    }

    func end(_ place: BenchPlace) async {
        let ended = running.withLock { running in
            running.firstIndex { $0.id == place.process }.map { running.remove(at: $0) }
        }
        await ended?.end()
    }

    /// Ends the registries that still run.
    func end() async {
        let programs = running.withLock { running in
            defer { running = [] }
            return running
        }
        for program in programs { await program.end() }
    }
}
