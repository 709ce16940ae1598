// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax

extension HelpPage {
    /// No line of a help is longer: it fits a terminal of 80 columns and a mail.
    static let width = 78

    /// The page as a terminal shows it.
    var text: String {
        ([summary.wrapped(to: Self.width, indent: 0).joined(separator: "\n"), usage] + sections.map(\.text))
            .joined(separator: "\n\n")
    }

    private var usage: String {
        var lines = ["USAGE", "  " + [name, arguments].filter { !$0.isEmpty }.joined(separator: " ")]
        if !aliases.isEmpty { lines.append("  also called " + aliases.joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }
}

extension HelpSection {
    /// The rightmost column in which the texts of a section's entries begin. All of them begin in one column.
    private static let furthestColumn = 28

    fileprivate var text: String {
        let terms = blocks.compactMap { if case .entry(let term, _) = $0 { term.count } else { nil } }
        let column = min(Self.furthestColumn, (terms.max() ?? 0) + 4)
        var lines = title.map { [$0] } ?? []
        for (position, block) in blocks.enumerated() {
            if position > 0, !block.continues(blocks[position - 1]) { lines.append("") }
            lines += block.lines(column: column, indented: title != nil)
        }
        return lines.joined(separator: "\n")
    }
}

extension HelpBlock {
    /// Whether there is no empty line between this block and the one before.
    fileprivate func continues(_ before: HelpBlock) -> Bool {
        switch (before, self) {
        case (.entry, .entry), (.example, .example): true
        default: false
        }
    }

    fileprivate func lines(column: Int, indented: Bool) -> [String] {
        switch self {
        case .text(let text): text.wrapped(to: HelpPage.width, indent: indented ? 2 : 0)
        case .example(let title, let lines):
            (title.isEmpty ? [] : (title + ":").wrapped(to: HelpPage.width, indent: 2))
                + lines.flatMap { ShellLine($0).lines(width: HelpPage.width - 4) }.map { "    " + $0 }
        case .entry(let term, let text): Self.entry(term, text, at: column)
        }
    }

    private static func entry(_ term: String, _ text: String, at column: Int) -> [String] {
        var lines = text.wrapped(to: HelpPage.width, indent: column)
        let head = "  " + term
        guard head.count + 2 <= column, let first = lines.first else {
            return (head.count <= HelpPage.width ? [head] : term.wrapped(to: HelpPage.width, indent: 2)) + lines
        }
        lines[0] = head + first.dropFirst(head.count)
        return lines
    }
}

extension String {
    /// Lines of at most `width` columns, each indented by this many blanks. A longer word has its own line.
    func wrapped(to width: Int, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = margin
        for word in split(whereSeparator: \.isWhitespace) {
            if line.count > indent, line.count + 1 + word.count > width {
                lines.append(line)
                line = margin
            }
            line += (line.count > indent ? " " : "") + word
        }
        return line.count > indent ? lines + [line] : lines
    }
}
