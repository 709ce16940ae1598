// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax
import OCI
import RegistryServer
import Reporting

/// `registry serve` with crane's flags. It listens on all interfaces and writes a log. `transship registry serve` has
/// more.
struct CraneServeCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "serve", "", .none, summary: "serve a registry until a signal ends it",
            flags: [
                FlagSpec("address", .string, "where to listen, [HOST]:PORT; any free port of $PORT if not given"),
                FlagSpec(
                    "blobs-to-disk", .bool, "keep content in a new folder for temporary files", isHidden: true),
                FlagSpec("disk", .string, "keep content in this folder, made if needed, instead of in memory"),
            ])
        spec.examples = [.init("On port 5000 of all interfaces", "registry serve --address :5000")]
        spec.notes = [
            "transship registry serve has users, tokens, TLS, an access log and limits besides.",
            "Environment:\n  PORT   where to listen if --address is not given; 0 is any free port, the default",
        ]
        return spec
    }

    func run() async throws {
        if job.flags.isSet("blobs-to-disk") {
            job.console.note(
                "Flag --blobs-to-disk has been deprecated, and will stop working in a future release. "
                    + "use --disk=$(mktemp -d) instead.")
        }
        let address = try address()
        let folder = try folder()
        if let folder { job.log.line("storing blobs in \(folder.displayable)") }
        // Answers to requests do not wait for the reader of the log.
        let lines = try LineLog("-") { _ in }
        let server = try await start(at: address, folder, AccessLogBacklog(limit: Self.backlog, write: lines.append))
        job.log.line("serving on port \(server.port)")
        await Task.untilCancelled()
        lines.close()
        job.log.line("shutting down...")
        await server.shutdown(grace: .seconds(2))
        lines.close()
    }

    /// The maximum size of the log lines that wait to be written, in bytes.
    private static let backlog = 16 << 20

    private func address() throws -> ListenAddress {
        var text = ":" + (job.context.environment["PORT"] ?? "0")
        if let given = job.flags.text("address"), !given.isEmpty { text = given }
        if let address = ListenAddress(text) { return address }
        guard let colon = text.lastIndex(of: ":") else {
            throw failed("address \(text.displayable): missing port in address")
        }
        throw failed("lookup tcp/\(text[text.index(after: colon)...].displayable): unknown port")
    }

    private func folder() throws -> String? {
        let disk = job.flags.text("disk").flatMap { $0.isEmpty ? nil : $0 }
        guard job.flags.isSet("blobs-to-disk") else { return disk }
        guard disk == nil else { throw CommandFailure("--disk and --blobs-to-disk can't be used together") }
        return try TemporaryFiles(job.context.environment).folder("craneregistry")
    }

    private func start(
        at address: ListenAddress, _ folder: String?, _ requests: AccessLogBacklog
    ) async throws -> RegistryServer {
        var configuration = RegistryConfiguration(storage: folder.map { .disk(path: $0) } ?? .memory)
        configuration.diagnostics = { [log = job.log] in log.line($0) }
        configuration.accessLog = { requests.append(TimestampedLog.text($0.line)) }
        do { return try await address.start(configuration) } catch let error as CannotListen {
            throw failed("\(address): bind: \(error)")
        } catch {
            throw failed("\(address): \(error)".displayable)
        }
    }

    /// Logs the failure and prints no other error, as crane does.
    private func failed(_ reason: String) -> SilentFailure {
        job.log.line("listen tcp\(reason.hasPrefix("address") || reason.hasPrefix("lookup") ? ": " : " ")\(reason)")
        return SilentFailure()
    }
}

extension AccessRecord {
    /// `METHOD TARGET`; for a refused request also the status, the code and the message, as crane logs them.
    fileprivate var line: String {
        let request = "\(method) \(path)"
        guard status >= 400 else { return request }
        return "\(request) \(status)" + (refusal.map { " \($0.code.rawValue) \($0.message)" } ?? "")
    }
}
