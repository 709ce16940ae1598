// SPDX-License-Identifier: Apache-2.0

/// A variable in a word that names an image.
struct VariableUse {
    let name: String
    /// A tag or more of the name follows, or another part of the name precedes: `$IMAGE:1`, `$IMAGE-debug`,
    /// `registry.example/$IMAGE`.
    let isPart: Bool

    /// All variables of a word: `$x`, `${x}`, `${x:-w}`, `$(x)`.
    static func all(in word: TracedText) -> [VariableUse] {
        let bytes = word.bytes
        guard bytes.contains(UInt8(ascii: "$")) else { return [] }
        var reader = Reader(bytes)
        return bytes.indices.compactMap { index in
            guard bytes[index] == UInt8(ascii: "$"), let (name, end) = reader.name(behind: index) else { return nil }
            let isFollowed = end < bytes.count && (isNameByte(bytes[end]) || "/:@-.$".utf8.contains(bytes[end]))
            let isPreceded = index > 0 && bytes[index - 1] == UInt8(ascii: "/")
            return VariableUse(name: name, isPart: isFollowed || isPreceded)
        }
    }

    /// The text of a word with another text for each variable.
    static func text(of word: TracedText, with other: String) -> String {
        var reader = Reader(word.bytes)
        var (bytes, index) = ([UInt8](), 0)
        while index < word.count {
            if word.bytes[index] == UInt8(ascii: "$"), let (_, end) = reader.name(behind: index) {
                bytes += other.utf8
                index = end
            } else {
                bytes.append(word.bytes[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads names after dollar signs, from the first to the last.
    private struct Reader {
        private let bytes: [UInt8]
        private var brace = NextPlace(of: "}".utf8)
        private var bracket = NextPlace(of: ")".utf8)

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func name(behind dollar: Int) -> (String, end: Int)? {
            let opener = dollar + 1 < bytes.count ? bytes[dollar + 1] : 0
            let isClosed = opener == UInt8(ascii: "{") || opener == UInt8(ascii: "(")
            let start = dollar + (isClosed ? 2 : 1)
            let end = bytes.dropFirst(start).firstIndex { !VariableUse.isNameByte($0) } ?? bytes.count
            guard end > start else { return nil }
            let name = String(decoding: bytes[start..<end], as: UTF8.self)
            guard isClosed else { return (name, end) }
            // Of `${x%:*}` and `${x##*/}`, something else is made.
            if end < bytes.count, "%#".utf8.contains(bytes[end]) { return nil }
            let closer =
                opener == UInt8(ascii: "{")
                ? brace.first(in: bytes, from: end) : bracket.first(in: bytes, from: end)
            return closer.map { (name, $0 + 1) }
        }
    }

    /// A letter, a digit or `_`.
    static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }
}
