// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Content
import OCI
import OutsidePrograms
import Reporting
import TransferEngine

/// Another program that copies one image, such as `gcrane cp {source} {target}`.
struct CopyTool: Sendable {
    private let path: String
    private let words: [String]
    private let variables: [String: String]

    /// - Parameter command: words separated by blanks, with `{source}` and `{target}` for the image's names.
    init(_ command: String, _ context: CommandContext) throws {
        let words = command.split(separator: " ").map(String.init)
        guard let name = words.first else { throw CommandFailure.usage(["--tool is empty"]) }
        let found = name.hasPrefix("/") ? name : SystemPrograms().find(name, in: context.environment["PATH"] ?? "")
        guard let found else {
            throw CommandFailure.usage(
                ["--tool: there is no program \"\(name.displayable)\" in PATH"], hint: "name it by its whole path")
        }
        (path, self.words, variables) = (found, Array(words.dropFirst()), context.environment.variables)
    }

    /// Runs the program once for each image.
    func copy(_ items: [TransferItem], jobs: Int) async throws -> CopySample {
        var sample = CopySample()
        let before = ProcessMeter.children
        let limits = LoadLimits(duration: .seconds(86_400), operations: items.count)
        let runner = LoadRunner(connections: jobs)
        let outcome = await runner.run(LoadSchedule(pace: .closed, limits: limits)) { number throws(ContentFailure) in
            try await copy(items[number])
            return 0
        }
        sample.seconds = outcome.seconds
        sample.cpu = ProcessMeter.children.cpuSeconds - before.cpuSeconds
        sample.peakMemory = ProcessMeter.children.peakMemory
        sample.firstFailure = outcome.firstFailure?.message
        return sample
    }

    private func copy(_ item: TransferItem) async throws(ContentFailure) {
        let names = ["{source}": item.source.benchName, "{target}": item.target.benchName]
        let arguments = words.map { word in
            names.reduce(word) { $0.replacing($1.key, with: $1.value) }
        }
        var program = OutsideProgram(path: path, arguments: arguments, variables: variables)
        (program.limits.time, program.limits.output) = (.seconds(3600), 16 << 20)
        let result: ProgramResult
        do { result = try await SystemPrograms().run(program) } catch {
            throw ContentFailure(.aborted, "\(path.displayable) \(error)")
        }
        guard !result.succeeded else { return }
        let words = result.lastWords
        let reason = words.isEmpty ? "" : ": " + words.displayable(limit: 400)
        throw ContentFailure(.aborted, "\(path.displayable) \(result.ending.words)\(reason)")
    }
}

extension TransferEndpoint {
    fileprivate var benchName: String { "\(store.name)/\(repository)" + (tag.map { ":\($0)" } ?? "") }
}
