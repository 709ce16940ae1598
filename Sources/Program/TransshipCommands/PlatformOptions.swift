// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI

/// Which images of indexes a command means: the same words for every command that works through lists.
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

    /// - Returns: nil where all of every index is wanted.
    func choice() throws -> PlatformChoice? {
        let words = platforms.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let wanted = words.contains("all") ? [] : try words.map(Platform.init(argument:))
        let choice = PlatformChoice(wanted, isSparse: sparse)
        guard choice != nil || !sparse else { throw ValidationError("--sparse needs --platform OS/ARCH") }
        return choice
    }
}

extension Platform {
    fileprivate init(argument word: Substring) throws {
        do throws(PlatformError) { try self.init(parsing: String(word)) } catch {
            throw ValidationError("--platform: \(error)")
        }
        guard !os.isEmpty, !architecture.isEmpty else {
            throw ValidationError("--platform wants OS/ARCH[/VARIANT] or all, not \"\(word.displayable)\"")
        }
    }
}
