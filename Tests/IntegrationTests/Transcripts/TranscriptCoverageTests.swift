// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// What the help of the two names offers, held against what transcripts play.
@Suite struct TranscriptCoverageTests {
    private static let transcripts = Transcript.all("Shared") + Transcript.all("Own")
    private static let played = transcripts.flatMap(\.steps).flatMap { PlayedLine.all(in: $0.command) }

    @Test(arguments: ["crane", "gcrane"])
    func `every command, and every flag of it, is in a transcript`(program: String) async throws {
        let scratch = try Scratch()
        let link = scratch.path + "/" + program
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: Tool.products.path + "/transship")
        var missing: [String] = []
        for command in try await Self.commands(of: link, below: []) {
            let lines = Self.played.filter { $0.runs(command.path) }
            if lines.isEmpty { missing.append(command.path.joined(separator: " ")) }
            for flag in command.flags where !lines.contains(where: { $0.gives(flag) }) {
                missing.append(command.path.joined(separator: " ") + " --" + flag.name)
            }
        }
        #expect(missing == [])
    }

    private struct Command {
        var path: [String]
        var flags: [Flag]
    }

    /// The commands below one, with those below them, as help tells them.
    private static func commands(of program: String, below path: [String]) async throws -> [Command] {
        let help = try await Tool.run(program, path + ["--help"])
        let sections = sections(help.output + help.errors)
        let own = Command(path: path, flags: (sections["Flags:"] ?? []).compactMap(Flag.init))
        var found = path.isEmpty ? [] : [own]
        for line in sections["Available Commands:"] ?? [] {
            let name = line.split(separator: " ")[0]
            found += try await commands(of: program, below: path + [String(name)])
        }
        return found
    }

    private static func sections(_ help: String) -> [String: [String]] {
        var (sections, title): ([String: [String]], String) = ([:], "")
        for line in help.split(separator: "\n") {
            if line.hasPrefix("  ") {
                sections[title, default: []].append(String(line))
            } else {
                title = String(line)
            }
        }
        return sections
    }
}

/// A flag by its names; help itself is left aside.
private struct Flag {
    var name: String
    var letter: Character?

    init?(_ line: String) {
        guard let found = line.firstMatch(of: #/^ +(?:-(\w), )? *--([\w-]+)/#), found.2 != "help" else { return nil }
        name = String(found.2)
        letter = found.1?.first
    }
}

/// A program's run in a transcript's command.
private struct PlayedLine {
    let words: [String]

    static func all(in command: String) -> [PlayedLine] {
        command.split(whereSeparator: { ";|&".contains($0) }).compactMap { part in
            let words = part.split(separator: " ").drop { !["crane", "gcrane", "transship"].contains($0) }
            return words.isEmpty ? nil : PlayedLine(words: words.dropFirst().map(String.init))
        }
    }

    /// Whether the words of a command are the first that are no flags, give or take a flag's value.
    func runs(_ path: [String]) -> Bool {
        var words = words[...]
        for name in path {
            let names = name == "copy" ? ["copy", "cp"] : [name]
            guard let position = words.firstIndex(where: names.contains), position < 3 else { return false }
            words = words[(position + 1)...]
        }
        return true
    }

    func gives(_ flag: Flag) -> Bool {
        words.contains { word in
            if word == "--" + flag.name || word.hasPrefix("--\(flag.name)=") { return true }
            guard let letter = flag.letter, word.hasPrefix("-"), !word.hasPrefix("--") else { return false }
            return word.contains(letter)
        }
    }
}
