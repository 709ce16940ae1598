// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import OCI
import RegistryAuth
import Reporting

/// A command that gcrane and crane have too, with their flags, streams and words.
protocol GcraneCommand: Sendable {
    var job: GcraneJob { get }
    static func spec(for program: ProgramName) -> CommandSpec
    init(job: GcraneJob)
    /// - Throws: `CommandFailure` or `ContentFailure`; both end the program with 1.
    func run() async throws
}

/// What such a command needs: its name, its words, and the context of the process.
struct GcraneJob: Sendable {
    let program: ProgramName
    let invocation: Invocation
    let context: CommandContext

    var console: Console { context.console }
    var log: TimestampedLog { TimestampedLog(console: context.console) }
    var flags: FlagValues { invocation.flags }
    var arguments: [String] { invocation.arguments }

    /// Requests at once to one registry, if the flags do not set their number.
    static let usualConnections = 4

    /// The platform that the user asked for; nil: all platforms. An empty text is a platform that nothing matches,
    /// except for `gcrane cp`.
    ///
    /// - Throws: under the name transship, if the user asked for several.
    func platform() throws -> Platform? {
        guard program != .transship else {
            let choice = try platforms()
            guard choice.map({ $0.platforms.count == 1 }) ?? true else {
                throw CommandFailure("\(invocation.command.joined(separator: " ")) takes one --platform")
            }
            return choice?.platforms.first
        }
        guard let text = flags.text("platform"), text != "all" else { return nil }
        if text.isEmpty, program == .gcrane, invocation.command == ["copy"] { return nil }
        do throws(PlatformError) { return try Platform(parsing: text) } catch { throw CommandFailure("\(error)") }
    }

    /// The platforms that a copy takes from an index; nil: all of them. Under the names gcrane and crane it is one
    /// platform, the last one that was given.
    func platforms() throws -> PlatformChoice? {
        guard program == .transship else { return try platform().map { PlatformChoice($0) } }
        do throws(PlatformMistake) {
            return try PlatformChoice.read(flags.texts("platform"), isSparse: flags.bool("sparse"))
        } catch {
            throw CommandFailure(error.description)
        }
    }

    /// Connects to the registries of this command, for as long as `body` runs.
    ///
    /// - Parameter login: the login for the registries; nil: the login that is found for each.
    func connected<Result>(
        connections: Int = usualConnections, login: Credential? = nil, _ body: (Connections) async throws -> Result
    ) async throws -> Result {
        let warnings = RegistryWarnings()
        let shared = try Connections(choices(warnings), context, connections: connections, login: login)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await shared.closing { try await body(shared) }) } catch { result = .failure(error) }
        if passesWarningsOn { warnings.show(context) }
        return try result.get()
    }

    /// Runs `body` with the image and its registry.
    func reading<Result>(
        _ image: String, _ body: (Reference, RegistryStore) async throws -> Result
    ) async throws -> Result {
        let reference = try image.reference("parsing reference")
        return try await connected { connections in
            try await body(reference, connections.store(reference.registry))
        }
    }

    /// Whether warnings of registries are shown. gcrane's own commands do not show them; crane's do.
    private var passesWarningsOn: Bool {
        program != .gcrane || !["copy", "ls", "gc"].contains(invocation.command.first)
    }

    private func choices(_ warnings: RegistryWarnings) -> RegistryChoices {
        var choices = RegistryChoices()
        choices.insecureRegistries = flags.texts("insecure-registry")
        choices.allInsecure = flags.bool("insecure")
        choices.caFile = flags.text("ca-file")
        choices.verbose = flags.bool("verbose")
        choices.pingsLate = true
        choices.craneRetries = CraneRetries { [log] in log.line($0) }
        choices.usesGoogle = program != .crane
        choices.warningHeard = warnings.add
        choices.loginMissed = { [log] in log.line("No matching credentials were found for \"\($0)\"") }
        return choices
    }
}

extension GcraneCommand {
    /// Puts the name of the task in front of the reason why it failed, as the command's users know it.
    func wrapping<Result>(_ task: String, _ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let failure as ContentFailure where failure.kind != .cancelled {
            throw CommandFailure("\(task): \(failure.message)", hint: failure.hint)
        } catch var failure as CommandFailure {
            failure.messages = failure.messages.map { "\(task): \($0)" }
            throw failure
        }
    }
}
