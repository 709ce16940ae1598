// SPDX-License-Identifier: Apache-2.0

/// A line of a list, split into words.
///
/// Blanks separate words, except inside the braces of a tag filter (`repo:{semver >=1.20 <2}`). `#` begins a comment at
/// the line's start or after a blank; inside a word it is part of the word.
struct ListLine {
    struct Word: Hashable {
        let text: String
        /// 1-based, in bytes of UTF-8.
        let column: Int
    }

    private(set) var words: [Word] = []

    /// - Parameter line: one line without its line feed. A carriage return before the line feed is a blank like any
    ///   other.
    init(_ line: some StringProtocol) {
        let bytes = Array(line.utf8)
        var offset = 0
        while let start = bytes[offset...].firstIndex(where: { !Self.isBlank($0) }) {
            if bytes[start] == UInt8(ascii: "#") { return }
            let end = Self.endOfWord(in: bytes, from: start)
            words.append(Word(text: String(decoding: bytes[start..<end], as: UTF8.self), column: start + 1))
            offset = end
        }
    }

    private static func endOfWord(in bytes: [UInt8], from start: Int) -> Int {
        var isInBraces = false
        for position in start..<bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"):
                // Only a brace that is closed on this line keeps blanks in the word.
                isInBraces = isInBraces || bytes[position...].contains(UInt8(ascii: "}"))
            case UInt8(ascii: "}"): isInBraces = false
            case let byte where !isInBraces && isBlank(byte): return position
            default: break
            }
        }
        return bytes.count
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 32 || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}
