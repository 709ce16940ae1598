// SPDX-License-Identifier: Apache-2.0

/// The lines of a document in which something else is filled in, before it is YAML.
struct YAMLLines {
    private let text: TracedText
    /// The lines that are not empty, without the blanks at their beginning.
    private let lines: [Range<Int>]

    init(_ text: TracedText) {
        self.text = text
        lines = text.bytes.indices.split { text.bytes[$0] == 10 }.compactMap { line in
            line.first { text.bytes[$0] != 32 }.map { $0..<line.endIndex }
        }
    }

    /// The fields of the mapping whose field `repository` has its value at a place of the file, by their keys.
    func fields(beside place: Range<Int>) -> [String: TracedText] {
        guard let index = line(at: place.lowerBound), field(index)?.key == "repository" else { return [:] }
        let indent = indent(index)
        let before = lines.indices[..<index].reversed().prefix { self.indent($0) >= indent }
        let behind = lines.indices[(index + 1)...].prefix { self.indent($0) >= indent }
        let own = (Array(before) + behind).filter { self.indent($0) == indent }.compactMap(field)
        return Dictionary(own.filter { !$0.value.isEmpty }.map { ($0.key, $0.value) }) { first, _ in first }
    }

    /// The line with a place of the file. The lines are in the file's order.
    private func line(at place: Int) -> Int? {
        var (low, high) = (0, lines.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            if text.origins[lines[middle].lowerBound] <= place { low = middle } else { high = middle }
        }
        return lines.indices.contains(low) && text.origins[lines[low]].contains(place) ? low : nil
    }

    /// The number of blanks before a line.
    private func indent(_ index: Int) -> Int {
        text.bytes[..<lines[index].lowerBound].reversed().prefix { $0 == 32 }.count
    }

    private func field(_ index: Int) -> (key: String, value: TracedText)? {
        text[lines[index]].cut(at: UInt8(ascii: ":")).map { ($0.string, ShellVariables.unquoted($1.trimmed)) }
    }
}
