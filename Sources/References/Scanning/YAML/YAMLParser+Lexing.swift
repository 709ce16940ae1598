// SPDX-License-Identifier: Apache-2.0

extension YAMLParser {
    /// Bytes from the start of the line.
    var column: Int { position - lineStart }

    var isDash: Bool { position < end && bytes[position] == UInt8(ascii: "-") && isBlank(at: position + 1) }

    func isBlank(at offset: Int) -> Bool {
        offset >= end || bytes[offset] == 32 || bytes[offset] == 9 || isBreak(bytes[offset])
    }

    func isBreak(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

    static func isFlowIndicator(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"): true
        default: false
        }
    }

    mutating func skipBlanks() {
        while position < end, bytes[position] == 32 || bytes[position] == 9 { position += 1 }
    }

    /// Passes the line break at `position`.
    mutating func skipBreak() {
        if bytes[position] == 13, position + 1 < end, bytes[position + 1] == 10 { position += 1 }
        position += 1
        lineStart = position
    }

    /// Passes blanks, comments and line breaks.
    ///
    /// - Throws: if there is a tab before a block's content, because its indentation is undefined.
    mutating func skipToContent() throws(YAMLError) {
        while position < end {
            switch bytes[position] {
            case 32: position += 1
            case 9:
                let isIndenting = !isInFlow && isOnlySpaces(lineStart..<position)
                skipBlanks()
                if isIndenting, position < end, !isBreak(bytes[position]), bytes[position] != UInt8(ascii: "#") {
                    throw error("a tab indents this line; YAML takes spaces only")
                }
            case 10, 13: skipBreak()
            case UInt8(ascii: "#") where position == lineStart || bytes[position - 1] <= 32: skipLine()
            case 0xEF where bytes[position...].starts(with: [0xEF, 0xBB, 0xBF]) && position == lineStart:
                position += 3
                lineStart = position
            default: return
            }
        }
    }

    private func isOnlySpaces(_ range: Range<Int>) -> Bool {
        for offset in range where bytes[offset] != 32 { return false }
        return true
    }

    /// Skips the rest of the line, up to its line break.
    mutating func skipLine() {
        while position < end, !isBreak(bytes[position]) { position += 1 }
    }
}
