// SPDX-License-Identifier: Apache-2.0

/// Functions of make that run their text with what they are given (GNU make manual, 8).
extension MakefileScanner {
    /// The result of `$(call name,x,y)` and `$(foreach x,list,text)` (GNU make manual, 8.5 and 8.8); nil for other
    /// expressions.
    mutating func function(_ text: TracedText, depth: Int) -> TracedText? {
        guard let blank = text.bytes.firstIndex(where: TracedText.isBlank), depth < Self.depthLimit else { return nil }
        let arguments = Self.arguments(text[blank..<text.count].trimmed)
        switch text[0..<blank].string {
        case "call": return call(arguments, depth: depth)
        case "foreach" where arguments.count == 3: return each(arguments, depth: depth)
        default: return nil
        }
    }

    private mutating func call(_ arguments: [TracedText], depth: Int) -> TracedText? {
        guard let name = arguments.first?.trimmed.string, let body = body(of: name) else { return nil }
        called.insert(name)
        let outer = (variables, filledIn)
        defer { (variables, filledIn) = outer }
        let values = arguments.map { expanded($0.trimmed, depth: depth + 1) }
        for (number, value) in values.enumerated().dropFirst() {
            variables[String(number)] = [value]
            filledIn.insert(String(number))
        }
        return body.reduce(into: TracedText()) { result, line in
            guard fillable >= line.count else { return }
            fillable -= line.count
            result.append(expanded(recipe(line.trimmed), depth: depth + 1))
            result.append(10, origin: TracedText.nowhere)
        }
    }

    /// The lines of a function, which is a definition or a variable.
    private func body(of name: String) -> [TracedText]? {
        if let definition = definitions.last(where: { $0.name == name }) {
            return Self.wholeLines(of: definition.text)
        }
        guard let values = variables[name], values.count == 1 else { return nil }
        return values
    }

    /// The lines of a text, each with the lines that continue it.
    static func wholeLines(of text: TracedText) -> [TracedText] {
        let bytes = text.bytes
        let ends = bytes.indices.filter { index in
            let last = index > 0 && bytes[index - 1] == 13 ? index - 2 : index - 1
            return bytes[index] == 10 && (last < 0 || bytes[last] != UInt8(ascii: "\\"))
        }
        return zip([-1] + ends, ends + [bytes.count]).map { text[$0 + 1..<$1] }
    }

    private mutating func each(_ arguments: [TracedText], depth: Int) -> TracedText {
        let name = arguments[0].trimmed.string
        let words = expanded(arguments[1], depth: depth + 1).blankSeparated
        let outer = (variables[name], filledIn)
        defer { (variables[name], filledIn) = outer }
        filledIn.insert(name)
        return words.reduce(into: TracedText()) { result, word in
            guard fillable >= arguments[2].count + word.count else { return }
            fillable -= arguments[2].count + word.count
            variables[name] = [word]
            result.append(expanded(arguments[2], depth: depth + 1))
            result.append(32, origin: TracedText.nowhere)
        }
    }

    /// The arguments of a function. Commas in brackets do not separate them.
    private static func arguments(_ text: TracedText) -> [TracedText] {
        let brackets = MakeBrackets(text.bytes)
        var (arguments, start, index) = ([TracedText](), 0, 0)
        while index < text.count {
            if let close = brackets.close(of: index) {
                index = close
            } else if text.bytes[index] == UInt8(ascii: ",") {
                arguments.append(text[start..<index])
                start = index + 1
            }
            index += 1
        }
        return arguments + [text[start..<text.count]]
    }
}
