// SPDX-License-Identifier: Apache-2.0

/// The lines of a document in which something else is filled in, before it is YAML.
struct YAMLLines {
    private struct Line {
        let indent: Int
        let key: String
        let value: TracedText
        let text: TracedText
    }

    private let lines: [Line]

    init(_ text: TracedText) {
        lines = text.bytes.indices.split { text.bytes[$0] == 10 }.compactMap { line in
            guard let start = line.first(where: { text.bytes[$0] != 32 }) else { return nil }
            let own = text[start..<line.endIndex]
            let pair = own.cut(at: UInt8(ascii: ":"))
            return Line(
                indent: start - line.startIndex, key: pair?.before.string ?? "",
                value: ShellVariables.unquoted(pair?.after.trimmed ?? TracedText()), text: own)
        }
    }

    /// The fields of the mapping whose field `repository` has its value at a place of the file, by their keys.
    func fields(beside place: Range<Int>) -> [String: TracedText] {
        guard let index = lines.firstIndex(where: { $0.text.origins.contains(place.lowerBound) }),
            lines[index].key == "repository"
        else { return [:] }
        let indent = lines[index].indent
        let before = lines[..<index].reversed().prefix { $0.indent >= indent }
        let behind = lines[(index + 1)...].prefix { $0.indent >= indent }
        let own = (before + behind).filter { $0.indent == indent && !$0.value.isEmpty }
        return Dictionary(own.map { ($0.key, $0.value) }) { first, _ in first }
    }
}
