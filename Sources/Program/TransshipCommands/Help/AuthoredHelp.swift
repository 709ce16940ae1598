// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax

/// Reads the text that a command's author has written: paragraphs, then sections whose headings are lines in capitals.
/// A paragraph may end with indented lines, each with a word and its meaning.
///
/// In `EXAMPLES`, a title is indented by two blanks and a command line by four. In `ENVIRONMENT`, a name has two blanks
/// before and after it. Exit codes are separated by semicolons.
struct AuthoredHelp {
    private(set) var sections: [HelpSection] = []
    /// Paragraphs without a heading, wherever they stand.
    private var paragraphs: [HelpBlock] = []
    private var title: String?
    private var lines: [String] = []

    init(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.isHeading {
                close()
                title = line
            } else {
                lines.append(line)
            }
        }
        close()
        if !paragraphs.isEmpty { sections.insert(HelpSection(title: nil, blocks: paragraphs), at: 0) }
    }

    private mutating func close() {
        defer { lines = [] }
        guard let title else { return paragraphs += Self.paragraphs(lines) }
        let blocks: [HelpBlock]
        switch title {
        case HelpSection.examples:
            // Lines without indentation are about the command, not about an example.
            paragraphs += Self.paragraphs(lines.filter { !$0.hasPrefix("  ") })
            blocks = Self.examples(lines.filter { $0.hasPrefix("  ") })
        case HelpSection.environment: blocks = Self.entries(lines)
        case HelpSection.exitCodes: blocks = Self.exitCodes(lines.joined(separator: " "))
        default: blocks = Self.paragraphs(lines)
        }
        sections.append(HelpSection(title: title, blocks: blocks))
    }

    static func paragraphs(_ lines: [String]) -> [HelpBlock] {
        lines.split(whereSeparator: \.isBlank).flatMap { paragraph in
            let text = paragraph.prefix { !$0.hasPrefix("  ") }.map(\.trimmed).joined(separator: " ")
            return (text.isEmpty ? [] : [.text(text)]) + words(paragraph.drop { !$0.hasPrefix("  ") })
        }
    }

    /// Words with their meanings, one per line: two blanks before a word, two or more after it.
    private static func words(_ lines: some Sequence<String>) -> [HelpBlock] {
        lines.map(\.trimmed).map { line in
            let gap = line.firstRange(of: "  ")
            return .entry(
                term: gap.map { String(line[..<$0.lowerBound]) } ?? line,
                text: gap.map { line[$0.upperBound...].trimmed } ?? "")
        }
    }

    static func examples(_ lines: [String]) -> [HelpBlock] {
        var blocks: [HelpBlock] = []
        var (title, commands): (String, [String]) = ("", [])
        func close() { if !commands.isEmpty { blocks.append(.example(title: title, lines: commands)) } }
        for line in lines {
            if line.hasPrefix("    ") || line.hasPrefix("  transship ") {
                commands.append(line.hasPrefix("    ") ? String(line.dropFirst(4)) : line.trimmed)
                continue
            }
            if !commands.isEmpty {
                close()
                (title, commands) = ("", [])
            }
            title += (title.isEmpty ? "" : " ") + line.trimmed
            if title.hasSuffix(":") { title.removeLast() }
        }
        close()
        return blocks
    }

    /// Names in capitals, two blanks, and a text that may continue in the next lines. Names may continue in the next
    /// line, too.
    static func entries(_ lines: [String]) -> [HelpBlock] {
        var entries: [(term: String, text: String)] = []
        var isTermOpen = false
        for line in lines.map(\.trimmed) where !line.isEmpty {
            let gap = line.firstRange(of: "  ")
            let head = gap.map { String(line[..<$0.lowerBound]) } ?? line
            let tail = gap.map { line[$0.upperBound...].trimmed } ?? ""
            if isTermOpen, let last = entries.indices.last {
                entries[last] = (entries[last].term + " " + head, tail)
            } else if head.isNames, gap != nil || head.hasSuffix(",") {
                entries.append((head, tail))
            } else if let last = entries.indices.last {
                entries[last].text += " " + line
            }
            isTermOpen = gap == nil && head.isNames && head.hasSuffix(",")
        }
        return entries.map { .entry(term: $0.term, text: $0.text) }
    }

    static func exitCodes(_ text: String) -> [HelpBlock] {
        var pieces = text.split(separator: ";").map(\.trimmed)
        guard pieces.count > 1, pieces.allSatisfy({ $0.first?.isNumber == true }) else {
            return text.isBlank ? [] : [.text(text.trimmed)]
        }
        var rest: [HelpBlock] = []
        if let last = pieces.popLast() {
            let end = last.firstRange(of: ". ")
            pieces.append(end.map { String(last[..<$0.lowerBound]) } ?? last)
            if let end { rest = [.text(last[end.upperBound...].trimmed)] }
        }
        return pieces.map(exitCode) + rest
    }

    /// `129, 130 and 143 on SIGHUP, SIGINT and SIGTERM`
    private static func exitCode(_ piece: String) -> HelpBlock {
        let words = piece.split(separator: " ")
        let term = words.prefix { $0.first?.isNumber == true || $0 == "and" }
        var text = words.dropFirst(term.count).joined(separator: " ")
        if text.hasSuffix(".") { text.removeLast() }
        return .entry(term: term.joined(separator: " "), text: text)
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }

    /// Whether the text is in capitals and begins at the start of its line.
    fileprivate var isHeading: Bool {
        first?.isUppercase == true && count > 3 && allSatisfy { $0.isUppercase || $0 == " " }
    }

    /// Names of environment variables.
    fileprivate var isNames: Bool {
        first?.isUppercase == true && allSatisfy { $0.isUppercase || $0.isNumber || "_, ".contains($0) }
    }
}
