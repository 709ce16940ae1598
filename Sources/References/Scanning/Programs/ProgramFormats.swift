// SPDX-License-Identifier: Apache-2.0

/// Texts that a function or a method makes of a format and its arguments.
extension ProgramValues {
    /// Functions whose first argument is a format: of Go, of Pulumi for Go, of Java and of C#.
    static let formats: Set<String> = ["fmt.Sprintf", "pulumi.Sprintf", "String.format", "string.Format"]
    /// Methods of a text that is a format: of Python, Kotlin and Java.
    private static let methods: Set<String> = ["format", "formatted"]

    /// A format with the arguments of a call in it.
    ///
    /// - Parameters:
    ///   - open: the call's opening bracket.
    ///   - first: the number of the first argument that is filled in.
    /// - Returns: nil if an argument has no value, or a mark of the format is none of `%s`, `%v`, `%d`, `{}` and `{0}`.
    func filled(_ format: TracedText, byCallAt open: Int, from first: Int, depth: Int) -> TracedText? {
        guard tokens[open].isMark("("), depth < Self.depthLimit else { return nil }
        let arguments = tokens.arguments(of: open).dropFirst(first).map { start -> TracedText? in
            guard case .text(let text, _) = value(in: start..<tokens.count, depth: depth + 1) else { return nil }
            return text
        }
        return Self.filled(format, with: arguments)
    }

    /// The text that a method makes of another text: `"a:{}".format(v)`, `"a:".concat(v)`.
    ///
    /// - Parameter index: the place of the point before the method's name.
    func made(of text: TracedText, byMethodAt index: Int, depth: Int) -> TracedText? {
        guard index + 2 < tokens.count, tokens[index].isMark("."), let name = tokens[index + 1].name,
            tokens[index + 2].isMark("(")
        else { return nil }
        let next = tokens.next(after: index + 2)
        guard next >= tokens.count || ends(at: next, false) else { return nil }
        if name == "concat" {
            let marks = tokens.arguments(of: index + 2).reduce(into: text) { marks, _ in
                marks.append(TracedText(untraced: "%s"))
            }
            return text.bytes.contains(UInt8(ascii: "%"))
                ? nil : filled(marks, byCallAt: index + 2, from: 0, depth: depth)
        }
        return Self.methods.contains(name) ? filled(text, byCallAt: index + 2, from: 0, depth: depth) : nil
    }

    private static func filled(_ format: TracedText, with arguments: [TracedText?]) -> TracedText? {
        var (result, used, index) = (TracedText(), 0, 0)
        while index < format.count {
            guard let (number, length) = mark(in: format.bytes[index...]) else {
                if "%{}".utf8.contains(format.bytes[index]) { return nil }
                result.append(at: index, of: format)
                index += 1
                continue
            }
            guard arguments.indices.contains(number ?? used), let argument = arguments[number ?? used],
                result.count + argument.count < lengthLimit
            else { return nil }
            result.append(argument)
            if number == nil { used += 1 }
            index += length
        }
        return result
    }

    /// The mark at the beginning of some bytes: the number of its argument, nil for the next one, and the mark's length.
    private static func mark(in bytes: ArraySlice<UInt8>) -> (number: Int?, length: Int)? {
        let front = Array(bytes.prefix(3))
        if front.count > 1, front[0] == UInt8(ascii: "%"), "svd".utf8.contains(front[1]) { return (nil, 2) }
        guard front.count > 1, front[0] == UInt8(ascii: "{") else { return nil }
        if front[1] == UInt8(ascii: "}") { return (nil, 2) }
        let digit = front[1] &- 48
        return front.count == 3 && digit < 10 && front[2] == UInt8(ascii: "}") ? (Int(digit), 3) : nil
    }
}
