// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import Reporting

/// Which images of indexes a command takes. All commands that work through lists have these options.
struct PlatformOptions: ParsableArguments {
    @Option(
        name: .customLong("platform"),
        help: ArgumentHelp(
            "Of indexes, only the first image for this platform, os/arch[/variant], which takes the index's place. Several, "
                + "as a list or repeated: an index of those images, whose digest is another one.", valueName: "platform"
        ))
    var platforms: [String] = []
    @Flag(help: "With --platform: indexes stay as they are, and only those of their images come along.")
    var sparse = false

    func validate() throws { _ = try choice() }

    /// - Returns: nil if all of every index is wanted.
    func choice() throws -> PlatformChoice? {
        do throws(PlatformMistake) { return try PlatformChoice.read(platforms, isSparse: sparse) } catch {
            throw ValidationError(error.description)
        }
    }
}

extension PlatformOptions {
    /// Says that a list of failures names whole indexes, because a line of a list cannot name a platform.
    ///
    /// - Parameter count: the number of lines that were written.
    func noteFailures(_ count: Int, _ console: Console) {
        guard count > 0, !platforms.isEmpty, (try? choice()) != nil else { return }
        console.note("the list of failures names whole indexes: copy it with the same --platform")
    }
}

/// Why the values of `--platform` and `--sparse` are not a choice.
struct PlatformMistake: Error, CustomStringConvertible {
    let description: String
}

extension PlatformChoice {
    /// Reads every value that `--platform` was given: a platform, a list of them, or `all`.
    ///
    /// - Returns: nil if all of every index is wanted.
    static func read(_ values: [String], isSparse: Bool) throws(PlatformMistake) -> PlatformChoice? {
        let words = values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        var wanted: [Platform] = []
        for word in words where !words.contains("all") { wanted.append(try Platform(argument: word)) }
        let choice = PlatformChoice(wanted, isSparse: isSparse)
        guard choice != nil || !isSparse else { throw PlatformMistake("--sparse needs --platform OS/ARCH") }
        return choice
    }
}

extension Platform {
    fileprivate init(argument word: Substring) throws(PlatformMistake) {
        do throws(PlatformError) { try self.init(parsing: String(word)) } catch {
            throw PlatformMistake("--platform: \(error)")
        }
        guard !os.isEmpty, !architecture.isEmpty else {
            throw PlatformMistake("--platform wants OS/ARCH[/VARIANT] or all, not \"\(word.displayable)\"")
        }
    }
}

extension PlatformMistake {
    fileprivate init(_ description: String) { self.init(description: description) }
}
