// SPDX-License-Identifier: Apache-2.0

extension HelpPage {
    /// `transship-report-merge`
    var manName: String { words.joined(separator: "-") }

    /// The page in the language of man(7).
    var man: String {
        let synopsis = "\\fB\(name.manEscaped)\\fR \(arguments.manEscaped)"
        let head = [
            ".TH \"\(manName.uppercased())\" 1 \"\" \"\(Version.line)\" \"\(words[0]) manual\"",
            ".SH NAME", "\(manName.manEscaped) \\- \(summary.manEscaped)", ".SH SYNOPSIS", synopsis,
        ]
        return (head + sections.flatMap(\.man) + seeAlso).joined(separator: "\n") + "\n"
    }

    private var seeAlso: [String] {
        words.count == 1 ? [] : [".SH SEE ALSO", "\\fB\(words[0])\\fR(1)"]
    }
}

extension HelpSection {
    fileprivate var man: [String] {
        let title = self.title == Self.exitCodes ? "EXIT STATUS" : self.title ?? "DESCRIPTION"
        return [".SH \"\(title)\""] + blocks.flatMap(\.man)
    }
}

extension HelpBlock {
    fileprivate var man: [String] {
        switch self {
        case .text(let text): [".PP", text.manEscaped]
        case .example(let title, let lines):
            [".PP", title.isEmpty ? "" : title.manEscaped + ":", ".RS 4", ".nf"].filter { !$0.isEmpty }
                + lines.map(\.manEscaped) + [".fi", ".RE"]
        case .entry(let term, let text):
            [".TP", "\\fB\(String(term.drop { $0 == " " }).manEscaped)\\fR", text.manEscaped]
        }
    }
}

extension String {
    /// Escapes everything that man(7) would take for a request, and writes hyphens so that they can be pasted.
    fileprivate var manEscaped: String {
        var text = ""
        for letter in self {
            switch letter {
            case "\\": text += "\\e"
            case "-": text += "\\-"
            case "'": text += "\\(aq"
            case "~": text += "\\(ti"
            case "^": text += "\\(ha"
            case "`": text += "\\(ga"
            default: text.append(letter)
            }
        }
        return text.hasPrefix(".") ? "\\&" + text : text
    }
}
