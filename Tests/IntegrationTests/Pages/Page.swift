// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A page of the documentation as its readers follow it: commands in order, each with what the page says it prints.
struct Page {
    /// A command, or a block of them.
    struct Step: Equatable {
        enum Kind { case console, script, hidden }

        var kind: Kind
        var command: String
        /// What a console block shows below a command.
        var output = ""
    }

    let path: String
    let text: String

    /// Fenced blocks of the page: what stands behind the opening fence, and the lines.
    private enum Part {
        case block(language: String, lines: [String])
        /// `<!-- run: COMMAND -->`: what readers have done elsewhere, or need not see.
        case hidden(String)
    }

    private var parts: [Part] {
        var parts: [Part] = []
        var block: (indent: Int, language: String, lines: [String])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            let bare = line.drop { $0 == " " }
            if bare.hasPrefix("```") {
                if let done = block { parts.append(.block(language: done.language, lines: done.lines)) }
                block = block == nil ? (line.count - bare.count, String(bare.dropFirst(3)), []) : nil
            } else if let open = block {
                // A block of a list's item stands as far in as its fence.
                block?.lines.append(String(line.dropFirst(min(open.indent, line.count - bare.count))))
            } else if let hidden = line.wholeMatch(of: /<!-- run: (.*) -->/) {
                parts.append(.hidden(String(hidden.output.1)))
            }
        }
        return parts
    }

    var steps: [Step] {
        parts.flatMap { part -> [Step] in
            switch part {
            case .hidden(let command): [Step(kind: .hidden, command: command)]
            case .block("console", let lines): Self.console(lines)
            case .block("sh", let lines): [Step(kind: .script, command: lines.joined(separator: "\n"))]
            case .block: []
            }
        }
    }

    /// Lines that look like commands in blocks that nobody runs.
    var unrunCommands: [String] {
        parts.flatMap { part -> [String] in
            guard case .block(let language, let lines) = part, language != "console", language != "sh" else {
                return []
            }
            return lines.filter { $0.hasPrefix("$ ") || $0.hasPrefix("transship ") }
        }
    }

    /// The `$ ` lines, continued by `> ` lines, each with the lines up to the next.
    private static func console(_ lines: [String]) -> [Step] {
        var steps: [Step] = []
        for line in lines {
            if line.hasPrefix("$ ") {
                steps.append(Step(kind: .console, command: String(line.dropFirst(2))))
            } else if line.hasPrefix("> "), steps.last?.output == "" {
                steps[steps.count - 1].command += "\n" + line.dropFirst(2)
            } else if !steps.isEmpty {
                steps[steps.count - 1].output += line + "\n"
            }
        }
        return steps
    }

    // MARK: - Links

    /// Targets of links, and sources of pictures, that are files of this repository, with the heading they lead to.
    var links: [(path: String, anchor: String?)] {
        text.matches(of: /\]\(([^)\s]+)\)|(?:src|href|srcset)="([^"]+)"/).compactMap { match in
            let target = String(match.output.1 ?? match.output.2 ?? "")
            guard !target.contains("://"), !target.hasPrefix("mailto:") else { return nil }
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            let file = parts[0].isEmpty ? path : (folder.isEmpty ? parts[0] : "\(folder)/\(parts[0])")
            return (
                URL(filePath: "/" + file).standardized.path.dropFirst().description, parts.count > 1 ? parts[1] : nil
            )
        }
    }

    /// Headings as the names that links give them.
    var anchors: Set<String> {
        Set(
            text.matches(of: /(?m)^#+ (.*)$/).map { heading in
                String(
                    heading.output.1.lowercased().replacing(" ", with: "-").filter { character in
                        character.isLetter || character.isNumber || character == "-" || character == "_"
                    })
            })
    }

    // MARK: - What is shown

    /// Whether an output is what the page shows. `…` stands for any text, on a line of its own for any lines.
    static func shows(_ expected: String, _ output: String) -> Bool {
        let pattern = expected.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line == "…"
                ? "(?:.*\\n)*?.*"
                : line.split(separator: "…", omittingEmptySubsequences: false)
                    .map { NSRegularExpression.escapedPattern(for: String($0)) }.joined(separator: ".*")
        }.joined(separator: "\n")
        return output.range(of: "^" + pattern + "$", options: .regularExpression) == output.startIndex..<output.endIndex
    }
}
