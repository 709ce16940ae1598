// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What a finished program left behind.
struct Finished: Sendable, CustomStringConvertible {
    var status: Int32
    var output: String
    var errors: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
    var description: String { "status \(status)\n--- stdout\n\(output)\n--- stderr\n\(errors)" }
}

/// Programs the tests run, as a user would.
enum Tool {
    /// The folder the tests were built into holds the program under test.
    static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    private static let state = FileManager.default.temporaryDirectory.appending(path: "transship-tests-\(getpid())")

    static func transship(_ arguments: String..., environment: [String: String] = [:], input: String = "") async throws
        -> Finished
    {
        try await run(products.appending(path: "transship").path, arguments, environment: environment, input: input)
    }

    static func transship(_ arguments: [String]) async throws -> Finished {
        try await run(products.appending(path: "transship").path, arguments)
    }

    static func seed(_ registry: String, _ arguments: String...) async throws {
        let seeded = try await run(products.appending(path: "seed-registry").path, [registry] + arguments)
        try #require(seeded.status == 0, "\(seeded)")
    }

    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], input: String = ""
    ) async throws -> Finished {
        let process = Process()
        process.executableURL = URL(filePath: program.hasPrefix("/") ? program : "/usr/bin/env")
        process.arguments = program.hasPrefix("/") ? arguments : [program] + arguments
        process.environment = surroundings(environment)
        let (output, errors, entry) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = entry
        let ended = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.continuation.finish() }
        try process.start()
        try entry.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try entry.fileHandleForWriting.close()
        async let outputText = text(output)
        async let errorText = text(errors)
        for await _ in ended.stream {}
        return Finished(status: process.terminationStatus, output: await outputText, errors: await errorText)
    }

    /// What runs leave for each other is no test's business unless it says so.
    private static func surroundings(_ environment: [String: String] = [:]) -> [String: String] {
        let ours = ["XDG_STATE_HOME": state.path].merging(environment) { _, new in new }
        return ProcessInfo.processInfo.environment.merging(ours) { _, new in new }
    }

    /// Runs transship and interrupts it once it has said `marker` on standard error.
    static func interrupted(_ arguments: [String], once marker: String) async throws -> Finished {
        try await signalled(SIGINT, arguments, atLine: 1) { $0.contains(marker) }
    }

    /// Runs transship and sends it a signal once the given number of lines on standard error have matched.
    ///
    /// - Parameter awaitsChildren: whether to wait for the end of every process that it started, too.
    static func signalled(
        _ signal: Int32, _ arguments: [String], atLine count: Int, environment: [String: String] = [:],
        awaitsChildren: Bool = false, matching: @Sendable (String) -> Bool
    ) async throws -> Finished {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        // Standard error ends when the last process has ended that has it open, under whatever number.
        let program = #"exec "$0" "$@""# + (awaitsChildren ? " 9>&2" : "")
        process.arguments = ["-c", program, products.appending(path: "transship").path] + arguments
        process.environment = surroundings(environment)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.start()
        async let outputText = text(output)
        var said: [String] = []
        var matched = 0
        for await line in Peer.lines(of: errors) {
            said.append(line)
            guard matching(line) else { continue }
            matched += 1
            if matched == count { kill(process.processIdentifier, signal) }
        }
        process.waitUntilExit()
        return Finished(
            status: process.terminationStatus, output: await outputText, errors: said.joined(separator: "\n"))
    }

    private static func text(_ pipe: Pipe) async -> String {
        await withCheckedContinuation { continuation in
            // A thread of its own: the read blocks until the program closes its end.
            Thread.detachNewThread {
                let data = pipe.readToEnd()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
        }
    }
}

extension Pipe {
    /// What the program wrote. Closes the end that is read: Foundation leaves it open for as long as anything refers to the
    /// pipe, and its processes do so for ever.
    func readToEnd() -> Data {
        defer { try? fileHandleForReading.close() }
        return (try? fileHandleForReading.readToEnd()) ?? Data()
    }
}

extension Process {
    /// - Parameter first: the lowest free descriptor; negative: there is none.
    struct TooManyDescriptors: Error { let first: Int32 }

    /// Starts the program, unless this process has a thousand open descriptors.
    ///
    /// Foundation copies 256 bytes of each entry that it reads from /proc/self/fd. The last of some 1,350 entries lies nearer to
    /// the end of its buffer than that, and the test process is then ended by a signal that names no test.
    func start() throws {
        let first = dup(STDIN_FILENO)
        close(first)
        guard (0..<1000).contains(first) else { throw TooManyDescriptors(first: first) }
        try run()
    }
}

/// A folder that goes away with the test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "transship-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        try Data(text.utf8).write(to: URL(filePath: file))
        return file
    }

    /// A program that is a script of the shell.
    ///
    /// Another process writes it. If this one did, a child that another test starts at the same moment could inherit the open
    /// file, and the system does not start a program that is open for writing (execve(2), ETXTBSY).
    func writeProgram(_ name: String, _ script: String) async throws {
        let writing = #"mkdir -p "${0%/*}" && cat >"$0" && chmod 755 "$0""#
        let written = try await Tool.run("sh", ["-c", writing, "\(path)/\(name)"], input: "#!/bin/sh\n\(script)\n")
        try #require(written.status == 0, "\(written)")
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}
