// SPDX-License-Identifier: Apache-2.0

extension YAMLParser {
    /// Reads a node that may be a key: a scalar, an alias or a flow collection.
    mutating func inlineNode(_ parentIndent: Int) throws(YAMLError) -> Int32 {
        switch bytes[position] {
        case UInt8(ascii: "\""): return try doubleQuoted()
        case UInt8(ascii: "'"): return try singleQuoted()
        case UInt8(ascii: "["): return try flowSequence()
        case UInt8(ascii: "{"): return try flowMapping()
        case UInt8(ascii: "*"): return try alias()
        default: return try plain(parentIndent)
        }
    }

    private mutating func alias() throws(YAMLError) -> Int32 {
        let start = position
        position += 1
        while position < end, !isBlank(at: position), !(isInFlow && Self.isFlowIndicator(bytes[position])) {
            // For libyaml, `*name:` with a blank after it is a key, the alias of `name`.
            if bytes[position] == UInt8(ascii: ":"), isBlank(at: position + 1) { break }
            position += 1
        }
        guard let meant = node(anchored: start + 1..<position) else {
            throw YAMLError(message: "an alias whose anchor does not stand above it", offset: start)
        }
        return append(YAMLNode(kind: .alias, start: offset(start), end: offset(position), first: meant))
    }

    private mutating func singleQuoted() throws(YAMLError) -> Int32 {
        let start = position
        position += 1
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "'"):
                position += 1
                guard position < end, bytes[position] == UInt8(ascii: "'") else {
                    return scalar(.singleQuoted, from: start)
                }
                position += 1
            case 10, 13: skipBreak()
            default: position += 1
            }
        }
        throw YAMLError(message: "a single quote is not closed", offset: start)
    }

    private mutating func doubleQuoted() throws(YAMLError) -> Int32 {
        let start = position
        position += 1
        while position < end {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return scalar(.doubleQuoted, from: start)
            case UInt8(ascii: "\\"):
                position += 1
                if position < end, !isBreak(bytes[position]) { position += 1 }
            case 10, 13: skipBreak()
            default: position += 1
            }
        }
        throw YAMLError(message: "a double quote is not closed", offset: start)
    }

    private mutating func scalar(_ style: YAMLNode.Style, from start: Int) -> Int32 {
        append(YAMLNode(kind: .scalar, style: style, start: offset(start), end: offset(position)))
    }

    // MARK: - Plain

    private mutating func plain(_ parentIndent: Int) throws(YAMLError) -> Int32 {
        let start = position
        try checkPlainStart()
        var contentEnd = plainLine()
        var isFolded = false
        // Further lines belong to it as long as they are indented and hold no key.
        while position < end, isBreak(bytes[position]) {
            let before = (position, lineStart)
            guard continuesPlain(parentIndent) else {
                (position, lineStart) = before
                break
            }
            let lineContent = position
            let lineEnd = plainLine()
            if lineEnd == lineContent {
                (position, lineStart) = before
                break
            }
            if !isInFlow, position < end, bytes[position] == UInt8(ascii: ":") {
                throw YAMLError(
                    message: "a key may not stand in a text that goes over several lines", offset: lineContent)
            }
            contentEnd = lineEnd
            isFolded = true
        }
        if position < end, !isBreak(bytes[position]) { position = contentEnd }
        return append(YAMLNode(kind: .scalar, isFolded: isFolded, start: offset(start), end: offset(contentEnd)))
    }

    private func checkPlainStart() throws(YAMLError) {
        switch bytes[position] {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: "#"), UInt8(ascii: "|"),
            UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "&"),
            UInt8(ascii: "!"):
            throw error("\"\(Character(Unicode.Scalar(bytes[position])))\" cannot begin a value; quotes would let it")
        case UInt8(ascii: "-") where isBlank(at: position + 1), UInt8(ascii: ":") where isBlank(at: position + 1),
            UInt8(ascii: "?") where isBlank(at: position + 1):
            throw error("a list item or key may not stand here")
        case 0..<9, 11, 12, 14..<32: throw error("a control character")
        default: return
        }
    }

    /// Passes the text of one line.
    ///
    /// - Returns: the end of the text, without the blanks after it. `position` is at the byte that ended the line's
    ///   text.
    private mutating func plainLine() -> Int {
        var contentEnd = position
        while position < end {
            let byte = bytes[position]
            // No byte above the colon ends a text outside of flow collections.
            if byte > UInt8(ascii: ":") && (!isInFlow || !Self.isFlowIndicator(byte)) {
                position += 1
                contentEnd = position
                continue
            }
            switch byte {
            case 10, 13: return contentEnd
            case 32, 9: position += 1
            case UInt8(ascii: ":") where endsPlain(at: position + 1): return contentEnd
            case UInt8(ascii: "#") where position > 0 && (bytes[position - 1] == 32 || bytes[position - 1] == 9):
                return contentEnd
            default:
                if isInFlow, Self.isFlowIndicator(byte) { return contentEnd }
                position += 1
                contentEnd = position
            }
        }
        return contentEnd
    }

    private func endsPlain(at offset: Int) -> Bool {
        isBlank(at: offset) || (isInFlow && Self.isFlowIndicator(bytes[offset]))
    }

    /// Passes line breaks, empty lines and indentation.
    ///
    /// - Returns: whether the text there can belong to a plain scalar.
    private mutating func continuesPlain(_ parentIndent: Int) -> Bool {
        while position < end, isBreak(bytes[position]) {
            skipBreak()
            while position < end, bytes[position] == 32 { position += 1 }
            let indent = column
            skipBlanks()
            guard position < end else { return false }
            if isBreak(bytes[position]) { continue }
            return bytes[position] != UInt8(ascii: "#") && (isInFlow || indent > parentIndent)
        }
        return false
    }

    // MARK: - Block scalars

    mutating func blockScalar(_ parentIndent: Int) throws(YAMLError) -> Int32 {
        let start = position
        let style: YAMLNode.Style = bytes[position] == UInt8(ascii: "|") ? .literal : .folded
        let explicit = try blockHeader()
        var node = YAMLNode(kind: .scalar, style: style, start: offset(start), end: offset(position))
        if position < end { skipBreak() }
        node.contentStart = offset(position)
        let indent = explicit.map { max(parentIndent, 0) + $0 } ?? max(parentIndent + 1, 1, firstIndent())
        node.contentIndent = Int32(indent)
        node.end = offset(skipBlockLines(indent))
        return append(node)
    }

    /// - Returns: the indentation the header asks for.
    private mutating func blockHeader() throws(YAMLError) -> Int? {
        position += 1
        var indent: Int?
        while position < end, !isBlank(at: position) {
            switch bytes[position] {
            case 49...57: indent = Int(bytes[position] - 48)
            case UInt8(ascii: "+"), UInt8(ascii: "-"): break
            default: throw error("a block text's header takes +, - and a digit only")
            }
            position += 1
        }
        skipBlanks()
        if position < end, bytes[position] == UInt8(ascii: "#") { skipLine() }
        guard position >= end || isBreak(bytes[position]) else {
            throw error("a block text begins on the line after its header")
        }
        return indent
    }

    /// Spaces before the first line that is not empty.
    private func firstIndent() -> Int {
        var offset = position
        while offset < end {
            var indent = 0
            while offset < end, bytes[offset] == 32 {
                indent += 1
                offset += 1
            }
            guard offset < end, isBreak(bytes[offset]) else { return indent }
            offset += 1
        }
        return 0
    }

    /// Passes the lines that are empty or indented by `indent`.
    ///
    /// - Returns: the end of the last one with text.
    private mutating func skipBlockLines(_ indent: Int) -> Int {
        var contentEnd = position
        while position < end {
            var offset = position
            while offset < end, bytes[offset] == 32, offset - position < indent { offset += 1 }
            let isIndented = offset - position == indent
            if !isIndented, offset < end, !isBreak(bytes[offset]) { break }
            let lineStart = position
            position = offset
            skipLine()
            if isIndented, position > offset { contentEnd = position }
            if position < end { skipBreak() }
            if position == lineStart { break }
        }
        return contentEnd
    }
}
