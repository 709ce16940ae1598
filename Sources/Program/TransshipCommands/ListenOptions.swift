// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import LiveView
import OCI
import Reporting

/// Whether and where a run can be watched.
struct ListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "While the run goes on, serve its report's page, /metrics and /healthz here, for reading only. Port 0: any free "
                + "one. The address is told on standard error; beyond this machine it holds a secret token.",
            valueName: "host:port"))
    var listen: String?

    /// Serves the run's page while `work` runs, and then tells the clients how the run ended. `work` announces the address
    /// once it knows that there is a run: nobody can watch a command that ends with a usage error.
    ///
    /// - Parameter command: `batch`, `verify`.
    /// - Throws: if it cannot listen at the address, before `work` begins; and what `work` throws.
    func serving(
        _ command: String, _ context: CommandContext, while work: (LiveServer?) async throws -> ExitStatus
    ) async throws -> ExitStatus {
        guard let listen else { return try await work(nil) }
        let live = try await start(command, at: listen)
        do {
            let status = try await work(live)
            await live.end("exit code \(status.rawValue)")
            return status
        } catch {
            await live.end("it could not be carried out")
            throw error
        }
    }

    private func start(_ command: String, at text: String) async throws -> LiveServer {
        guard let address = ListenAddress(text) else {
            throw CommandFailure.usage(
                ["--listen \"\(text.displayable)\" is not HOST:PORT"],
                hint: "try 127.0.0.1:0: this machine, and any free port")
        }
        try ProcessStart.checkOpenFiles()
        do throws(LiveServerFailure) {
            return try await LiveServer.start(
                hosts: address.host.map { [$0] } ?? ["::", "0.0.0.0"], port: address.port,
                shownHost: address.host ?? "localhost", command: command)
        } catch {
            throw CommandFailure.usage(
                ["cannot listen at \(text.displayable): \(error.reason)"],
                hint: "--listen 127.0.0.1:0 takes any free port of this machine")
        }
    }
}

extension LiveServer {
    /// Tells the user where the run can be watched.
    func announce(_ context: CommandContext) { context.console.announce(.watching(address)) }
}

extension Notice {
    fileprivate static func watching(_ address: String) -> Notice {
        Notice(.info, "listening", "watch this run at \(address)", fields: ["address": .string(address)])
    }
}
