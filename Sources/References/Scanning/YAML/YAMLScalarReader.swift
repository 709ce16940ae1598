// SPDX-License-Identifier: Apache-2.0

/// Reads the text of a scalar from its YAML form: resolves folded lines, escapes and indentation.
struct YAMLScalarReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let node: YAMLNode
    private let end: Int
    private var position: Int
    private var result = TracedText()
    /// The text up to here was written with escapes. Blanks in it are kept.
    private var escapedEnd = 0

    init(bytes: UnsafeBufferPointer<UInt8>, node: YAMLNode, range: Range<Int>) {
        self.bytes = bytes
        self.node = node
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func text() -> TracedText {
        switch node.style {
        case .literal, .folded: block()
        default: flow()
        }
        return result
    }

    // MARK: - Plain and quoted

    private mutating func flow() {
        while position < end {
            let byte = bytes[position]
            if isBreak(byte) {
                fold()
            } else if byte == UInt8(ascii: "\\"), node.style == .doubleQuoted {
                escape()
            } else {
                // Of two single quotes, one is kept.
                if byte == UInt8(ascii: "'"), node.style == .singleQuoted { position += 1 }
                result.append(byte, origin: position)
                position += 1
            }
        }
    }

    /// One line break becomes a blank. Of several line breaks, one is dropped. Blanks around them are dropped, too.
    private mutating func fold() {
        var kept = result.count
        while kept > escapedEnd, result.bytes[kept - 1] == 32 || result.bytes[kept - 1] == 9 {
            kept -= 1
        }
        result = result[0..<kept]
        var breaks: [Int] = []
        while position < end, isBreak(bytes[position]) || bytes[position] == 32 || bytes[position] == 9 {
            if isBreak(bytes[position]) {
                breaks.append(position)
                passBreak()
            } else {
                position += 1
            }
        }
        if breaks.count == 1 { result.append(32, origin: breaks[0]) }
        for place in breaks.dropFirst() { result.append(10, origin: place) }
    }

    private mutating func escape() {
        position += 1
        guard position < end else { return }
        let byte = bytes[position]
        if isBreak(byte) {
            passBreak()
            while position < end, bytes[position] == 32 || bytes[position] == 9 { position += 1 }
            return
        }
        let digits = [UInt8(ascii: "x"): 2, UInt8(ascii: "u"): 4, UInt8(ascii: "U"): 8][byte]
        if let digits {
            codePoint(digits)
        } else {
            result.append(Self.meaning[byte] ?? byte, origin: position)
            position += 1
        }
        escapedEnd = result.count
    }

    private static let meaning: [UInt8: UInt8] = [
        UInt8(ascii: "0"): 0, UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10,
        UInt8(ascii: "v"): 11, UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13, UInt8(ascii: "e"): 27,
    ]

    private mutating func codePoint(_ digits: Int) {
        let start = position
        position += 1
        var value: UInt32 = 0
        var count = 0
        while count < digits, position < end, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue {
            value = value << 4 | UInt32(digit)
            position += 1
            count += 1
        }
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        for byte in String(scalar).utf8 { result.append(byte, origin: start) }
    }

    // MARK: - Block scalars

    private mutating func block() {
        let indent = Int(node.contentIndent)
        var previousWasText = false
        var pendingBreaks: [Int] = []
        while position < end {
            var offset = position
            while offset < end, bytes[offset] == 32, offset - position < indent { offset += 1 }
            var lineEnd = offset
            while lineEnd < end, !isBreak(bytes[lineEnd]) { lineEnd += 1 }
            let isText = lineEnd > offset && bytes[offset] != 32 && bytes[offset] != 9
            if lineEnd > offset {
                join(pendingBreaks, previousWasText && isText)
                pendingBreaks = []
                previousWasText = isText
                for place in offset..<lineEnd { result.append(bytes[place], origin: place) }
            }
            position = lineEnd
            if position < end {
                pendingBreaks.append(position)
                passBreak()
            }
        }
        for _ in 0..<keptBreaks { result.append(10, origin: TracedText.nowhere) }
    }

    /// The line breaks behind the text that belong to it, as the header says: none (`-`), all (`+`) or at most one. Those
    /// of a text without lines count only with `+` (YAML 1.2.2, 8.1.1.2). No edit includes them.
    private var keptBreaks: Int {
        let header = bytes[Int(node.start)..<Int(node.contentStart)].prefix { $0 > 32 }
        if header.contains(UInt8(ascii: "-")) { return 0 }
        if header.contains(UInt8(ascii: "+")) { return countBreaks(atMost: Int.max) }
        return result.isEmpty ? 0 : countBreaks(atMost: 1)
    }

    /// The line breaks of the empty lines from `end` on.
    private func countBreaks(atMost limit: Int) -> Int {
        var (count, place) = (0, end)
        while count < limit {
            var offset = place
            while offset < bytes.count, bytes[offset] == 32 { offset += 1 }
            guard offset < bytes.count, isBreak(bytes[offset]) else { break }
            let isPair = bytes[offset] == 13 && offset + 1 < bytes.count && bytes[offset + 1] == 10
            (count, place) = (count + 1, offset + (isPair ? 2 : 1))
        }
        return count
    }

    /// Writes the line breaks between two lines of a block text. In a folded text, between lines that begin with text,
    /// one line break becomes a blank, and of several one is dropped.
    private mutating func join(_ breaks: [Int], _ areFoldable: Bool) {
        guard node.style == .folded, areFoldable else {
            for place in breaks { result.append(10, origin: place) }
            return
        }
        if breaks.count == 1 { result.append(32, origin: breaks[0]) }
        for place in breaks.dropFirst() { result.append(10, origin: place) }
    }

    private func isBreak(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

    private mutating func passBreak() {
        if bytes[position] == 13, position + 1 < end, bytes[position + 1] == 10 { position += 1 }
        position += 1
    }
}
