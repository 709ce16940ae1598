// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import OCI
import TransferEngine

/// `--referrers`, the same for every command that works through lists.
struct ReferrerOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Signatures, attestations and whatever else refers to an image belongs to it: OCI referrers and cosign's tags. new: "
                + "of the images that this run copies. all, as without a value: also of what the target has already, and of each "
                + "platform's image. none: nobody asks. --referrers=TYPE,TYPE: only OCI referrers of these artifact types.",
            valueName: "new|all|none|type"))
    var referrers = ReferrerChoice.new

    /// The command line, with the default value inserted for an option without one. The next word is its value only if
    /// it is one of the three; types must follow a `=`, because a word with a slash may be a list's path.
    static func filled(_ words: [String]) -> [String] {
        guard let command = words.first, ["batch", "plan", "check", "verify"].contains(command) else { return words }
        let end = words.firstIndex(of: "--") ?? words.count
        return words.indices.map { index in
            guard index < end, words[index] == "--referrers" else { return words[index] }
            let isGiven = index + 1 < end && ReferrerChoice.allValueStrings.contains(words[index + 1])
            return isGiven ? words[index] : words[index] + "=all"
        }
    }

    /// Refuses a word after the option that is neither one of its values nor a list, for commands that take lists only.
    static func checkValue(in words: [String]) throws {
        guard let command = words.first, ["batch", "plan"].contains(command) else { return }
        guard let option = words.prefix(while: { $0 != "--" }).firstIndex(of: "--referrers"),
            let word = words.dropFirst(option + 1).first, !word.hasPrefix("-"), !FileBytes.isFile(word)
        else { return }
        guard !ReferrerChoice.allValueStrings.contains(word) else { return }
        let isType = ReferrerChoice(argument: word) != nil
        throw CommandFailure.usage(
            ["--referrers takes new, all or none, not \"\(word.displayable)\"; and there is no list of that name"],
            hint: isType ? "types follow a =: --referrers=\(word)" : "types follow a =: --referrers=TYPE/SUBTYPE")
    }
}

extension ReferrerChoice: ExpressibleByArgument {
    /// nil if the argument is neither a keyword nor a list of media types.
    package init?(argument: String) {
        switch argument {
        case "none": self = .none
        case "new": self = .new
        case "all": self = .all
        default:
            let types = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard types.allSatisfy(Self.isType) else { return nil }
            self.init(.all, artifactTypes: Set(types.map { MediaType($0).essence }))
        }
    }

    /// Whether the text is a type and a subtype (RFC 6838 §4.2).
    private static func isType(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { name in
                !name.isEmpty
                    && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || "!#$&-^_.+".contains($0) }
            }
    }

    package var defaultValueDescription: String {
        switch scope {
        case .none: "none"
        case .ofCopied: "new"
        case .all: "all"
        }
    }

    package static var allValueStrings: [String] { ["new", "all", "none"] }
}
