// SPDX-License-Identifier: Apache-2.0

/// Finds literals between and inside template actions that are whole images: `{{ if .x }}a:1{{ else }}b:1{{ end }}`,
/// `{{ .x | default "a:1" }}`, `{{ default "a:1" .x }}`, `{{ ternary "a:1" "b:1" .x }}`.
enum TemplateBranches {
    struct Found {
        /// The literals with their places. Empty if the scalar is made in another way.
        var literals: [TracedText] = []
        /// Whether the value may also be something other than a literal.
        var isOpen = false
    }

    static func found(_ view: YAMLView, _ index: YAMLDocument.Index) -> Found {
        guard let text = view.written(index), text.bytes.starts(with: "{{".utf8), let pieces = pieces(of: text) else {
            return Found()
        }
        var found = pieces.count == 1 ? Found(literals: literals(inAction: pieces[0].text)) : branches(pieces)
        found.literals.removeAll { ImageName.reference($0.string) == nil || $0.contiguousRange == nil }
        return found
    }

    private struct Piece {
        let text: TracedText
        let isAction: Bool
    }

    private static func pieces(of text: TracedText) -> [Piece]? {
        var pieces: [Piece] = []
        var offset = 0
        while offset < text.count {
            if text.bytes[offset...].starts(with: "{{".utf8) {
                guard let end = TemplateAction.end(of: offset, in: text.bytes) else { return nil }
                pieces.append(Piece(text: text[offset + 2..<end - 2], isAction: true))
                offset = end
            } else {
                var end = offset
                while end < text.count, !text.bytes[end...].starts(with: "{{".utf8) { end += 1 }
                pieces.append(Piece(text: text[offset..<end].trimmed, isAction: false))
                offset = end
            }
        }
        return pieces
    }

    /// The texts between `if` or `with`, `else` and `end`. The result is open if there is anything else between them.
    private static func branches(_ pieces: [Piece]) -> Found {
        let words = pieces.map { $0.isAction ? keyword($0) : nil }
        guard words.last == "end" else { return Found() }
        var found = Found()
        for (position, piece) in pieces.enumerated() where !starts.contains(words[position]) && words[position] != "end"
        {
            let isWhole = position > 0 && starts.contains(words[position - 1]) && ends.contains(words[position + 1])
            if isWhole, !piece.isAction { found.literals.append(piece.text) } else { found.isOpen = true }
        }
        return found
    }

    private static let starts: Set<String?> = ["if", "with", "else", "range"]
    private static let ends: Set<String?> = ["else", "end"]

    private static func keyword(_ piece: Piece) -> String? {
        let words = piece.text.blankSeparated.map(\.string).filter { $0 != "-" }
        return words.first.map { $0.hasPrefix("-") ? String($0.dropFirst()) : $0 }
    }

    /// The literals that an action prints if its variable is not set.
    private static func literals(inAction action: TracedText) -> [TracedText] {
        let words = action.blankSeparated.map(\.string)
        guard words.contains("default") || words.contains("ternary"), makers.isDisjoint(with: words) else { return [] }
        var found: [TracedText] = []
        var start: Int?
        for position in 0..<action.count where action.bytes[position] == UInt8(ascii: "\"") {
            if let opening = start {
                found.append(action[opening..<position])
                start = nil
            } else {
                start = position + 1
            }
        }
        // A single word may be a tag or a registry.
        return found.filter { $0.bytes.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") } }
    }

    /// Functions that make a text from other texts.
    private static let makers: Set<String> = ["printf", "print", "include", "tpl", "template", "replace", "join"]
}
