// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax
import OCI

/// What is wrong with a command line that the parser refused, explained by the options and commands that exist.
struct UsageMistake: Sendable {
    /// `transship batch`
    let path: String
    let message: String
    let hints: [String]
    /// Whether the word in the place of a subcommand is not one.
    let isUnknownCommand: Bool

    /// - Parameter parserMessage: the parser's message, which is shown if nothing better is known.
    init(_ words: [String], parserMessage: String) {
        let (path, command) = OwnCommands.path(of: words)
        self.path = path
        let known = command.flags.map { "--" + $0.name } + RenamedOptions.oldNames
        let unknown = Self.unknownCommand(words, command)
        isUnknownCommand = unknown != nil
        let foreign = ForeignOptions.hints(on: words, known: known.contains)
        if let word = unknown {
            message = "\(path) has no command \"\(word.displayable)\""
            hints = Self.suggestion(word, command.subcommands.map(\.name), before: path + " ")
        } else if let option = Self.unknownOption(words, known) {
            message = "\(path) has no option \(option.displayable)"
            hints = foreign.isEmpty ? Self.suggestion(option, known, before: "") : foreign
        } else {
            message = parserMessage.onOneLine.withSmallInitial
            hints = foreign + ValueForm.hints(on: parserMessage)
        }
    }

    private static func suggestion(_ word: String, _ names: [String], before: String) -> [String] {
        Suggestions.best(word, among: names).map { ["did you mean \(before)\($0)?"] } ?? []
    }

    /// The word where a command's own command should stand.
    private static func unknownCommand(_ words: [String], _ command: CommandSpec) -> String? {
        guard !command.subcommands.isEmpty, let place = words.firstIndex(of: command.name) else { return nil }
        return words[(place + 1)...].first { !$0.hasPrefix("-") }
    }

    private static func unknownOption(_ words: [String], _ known: [String]) -> String? {
        let names = words.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
        return names.first { !known.contains($0) && !["--help", "--version"].contains($0) }
    }
}

/// The form of a value, by the name that help gives the value.
enum ValueForm {
    private static let forms = [
        "size": "a number of bytes, such as 4096, 64KiB or 50MiB",
        "host=n/s": "a host and a rate, such as docker.io=10/s, docker.io=600/m or docker.io=100/h",
        "n/s": "a number and a unit of time, such as 200/s, 600/m or 100/h",
        "url": "HOST[:PORT], or a URL without a path, such as https://registry.example",
        "source target": "HOST[:PORT] of each, or URLs without a path, such as https://registry.example",
        "scale": "a number above 0, such as 0.1",
        "jobs": "a whole number", "count": "a whole number", "seconds": "a whole number",
        "connections": "a whole number", "n": "a whole number",
        "repetitions": "a whole number", "pid": "a whole number",
    ]

    /// - Parameter message: the parser's message, which names the value but does not describe it.
    static func hints(on message: String) -> [String] {
        guard message.contains("is invalid for"), let open = message.lastIndex(of: "<"),
            let close = message[open...].firstIndex(of: ">"),
            let form = forms[String(message[message.index(after: open)..<close])]
        else { return [] }
        return [form]
    }
}

extension String {
    /// The text on one line. The parser lists the allowed values of an option one below the other.
    fileprivate var onOneLine: String {
        replacing("following:\n  - ", with: "following: ").replacing("\n  - ", with: ", ")
    }

    /// Begins with a small letter, as our messages do. A name in capitals stays.
    fileprivate var withSmallInitial: String {
        guard let first, dropFirst().first?.isLowercase == true else { return self }
        return first.lowercased() + dropFirst()
    }
}
