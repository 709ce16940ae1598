// SPDX-License-Identifier: Apache-2.0

extension TracedText {
    /// The words of an ARG. Blanks inside quotes do not separate words, quotes are kept, and an escape is kept together
    /// with the next byte.
    func quotedWords(escape: UInt8) -> [TracedText] {
        var words: [TracedText] = []
        var word = TracedText()
        var quote: UInt8?
        var position = 0
        while position < count {
            let byte = bytes[position]
            if quote == nil, Self.isBlank(byte) {
                if !word.isEmpty { words.append(word) }
                word.removeAll()
            } else if byte == escape, quote != UInt8(ascii: "'") {
                if position + 1 < count {
                    word.append(at: position, of: self)
                    word.append(at: position + 1, of: self)
                }
                position += 1
            } else {
                if byte == quote {
                    quote = nil
                } else if quote == nil, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                    quote = byte
                }
                word.append(at: position, of: self)
            }
            position += 1
        }
        if !word.isEmpty { words.append(word) }
        return words
    }

    /// The comma-separated fields of a `--mount`. A field may be quoted, and two quotes inside such a field are one.
    var commaSeparatedFields: [TracedText] {
        var fields: [TracedText] = []
        var field = TracedText()
        var isQuoted = false
        var position = 0
        while position < count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\""), isQuoted || field.isEmpty {
                if isQuoted, position + 1 < count, bytes[position + 1] == byte {
                    position += 1
                    field.append(at: position, of: self)
                } else {
                    isQuoted.toggle()
                }
            } else if byte == UInt8(ascii: ","), !isQuoted {
                fields.append(field)
                field.removeAll()
            } else {
                field.append(at: position, of: self)
            }
            position += 1
        }
        fields.append(field)
        return fields
    }
}
