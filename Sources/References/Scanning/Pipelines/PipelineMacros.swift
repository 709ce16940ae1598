// SPDX-License-Identifier: Apache-2.0

/// Variables that a pipeline's runner fills into shell text before the shell sees it.
enum PipelineMacros {
    /// The text with the runner's marks around a name written as the shell's: GitHub's `${{ env.X }}`, Azure's `$(X)`, Task's
    /// `{{.X}}`.
    ///
    /// - Parameter isKnown: whether a name is one of the pipeline's; `$(x)` may be the shell's own.
    static func asShell(_ text: TracedText, of kind: FindingKind, isKnown: (String) -> Bool) -> TracedText {
        guard let marks = marks[kind], text.bytes.contains(marks.opening[0]) else { return text }
        var result = TracedText(capacity: text.count)
        var index = 0
        while index < text.count {
            if let (name, end) = name(in: text, at: index, marks), isKnown(name.string) {
                result.append(UInt8(ascii: "$"), origin: text.origins[index])
                result.append(UInt8(ascii: "{"), origin: text.origins[index + 1])
                result.append(name)
                result.append(UInt8(ascii: "}"), origin: text.origins[end - 1])
                index = end
            } else {
                result.append(at: index, of: text)
                index += 1
            }
        }
        return result
    }

    private static let marks: [FindingKind: (opening: [UInt8], prefix: [UInt8], closing: [UInt8])] = [
        .githubActions: (Array("${{".utf8), Array("env.".utf8), Array("}}".utf8)),
        .azurePipelines: (Array("$(".utf8), [], Array(")".utf8)),
        .taskfile: (Array("{{".utf8), Array(".".utf8), Array("}}".utf8)),
    ]

    private static func name(
        in text: TracedText, at index: Int, _ marks: (opening: [UInt8], prefix: [UInt8], closing: [UInt8])
    ) -> (TracedText, Int)? {
        guard text.bytes[index...].starts(with: marks.opening) else { return nil }
        var start = index + marks.opening.count
        while start < text.count, text.bytes[start] == 32 { start += 1 }
        guard text.bytes[start...].starts(with: marks.prefix) else { return nil }
        start += marks.prefix.count
        var end = start
        while end < text.count, isNameByte(text.bytes[end]) { end += 1 }
        var close = end
        while close < text.count, text.bytes[close] == 32 { close += 1 }
        guard end > start, text.bytes[close...].starts(with: marks.closing) else { return nil }
        return (text[start..<end], close + marks.closing.count)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }
}
