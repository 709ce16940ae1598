// SPDX-License-Identifier: Apache-2.0

/// Fills in the values of variables that are a field of an image in a document: `repository: ${REPO}`. A field with other
/// text around a variable stays: its bytes are in several places.
struct FilledFields {
    private let variables: ShellVariables

    private static let keys: Set<String> = ["registry", "repository", "hub", "tag", "version", "digest"]

    init(_ variables: ShellVariables) { self.variables = variables }

    func filled(_ text: TracedText) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return text }
        var result = TracedText(capacity: text.count)
        var start = 0
        while start < text.count {
            let end = text.bytes[start...].firstIndex(of: 10).map { $0 + 1 } ?? text.count
            result.append(filled(line: text[start..<end]))
            start = end
        }
        return result
    }

    private func filled(line: TracedText) -> TracedText {
        guard let (front, rest) = line.cut(at: UInt8(ascii: ":")), Self.isKey(front) else { return line }
        let word = rest.trimmed
        guard word.bytes.contains(UInt8(ascii: "$")), let value = variables.value(of: word), !value.isEmpty,
            value.contiguousRange != nil, value.bytes.allSatisfy(Self.isPlain)
        else { return line }
        let start = rest.bytes.firstIndex { !TracedText.isBlank($0) } ?? 0
        let quote = (word.count - ShellVariables.unquoted(word).count) / 2
        let end = start + word.count - quote
        // All other bytes stay, because places between them may be asked for.
        return line[0..<front.count + 1] + rest[0..<start + quote] + value + rest[end..<rest.count]
    }

    private static func isKey(_ front: TracedText) -> Bool {
        front.blankSeparated.last.map { keys.contains($0.string) } ?? false
    }

    /// Whether a byte of a name or a tag means the same in YAML.
    private static func isPlain(_ byte: UInt8) -> Bool { VariableUse.isNameByte(byte) || "./:@-".utf8.contains(byte) }
}
