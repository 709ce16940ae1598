// SPDX-License-Identifier: Apache-2.0

/// A set of ASCII characters. A tag has no other characters.
struct ByteSet: Hashable, Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    static let none = ByteSet()
    static var any: ByteSet { ByteSet.none.inverted }
    static let digits = ByteSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
    static let lowerCase = ByteSet(UInt8(ascii: "a")...UInt8(ascii: "z"))
    static let upperCase = ByteSet(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    static var word: ByteSet { digits.union(lowerCase).union(upperCase).union(ByteSet(95...95)) }
    static let blanks = ByteSet(9...13).union(ByteSet(32...32))

    private init() {}

    init(_ range: ClosedRange<UInt8>) {
        for byte in range { insert(byte) }
    }

    /// One literal character.
    init(literal byte: UInt8) throws(TagFilterError) {
        guard (33...126).contains(byte) else { throw TagFilterError("a tag has only visible ASCII characters") }
        insert(byte)
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte - 64) & 1 == 1
    }

    var inverted: ByteSet {
        var set = self
        (set.low, set.high) = (~low, ~high)
        return set
    }

    func union(_ other: ByteSet) -> ByteSet {
        var set = self
        set.low |= other.low
        set.high |= other.high
        return set
    }

    /// The set with both cases of each of its letters.
    var ignoringCase: ByteSet {
        var set = self
        for letter in UInt8(ascii: "a")...UInt8(ascii: "z") where contains(letter) || contains(letter - 32) {
            set.insert(letter)
            set.insert(letter - 32)
        }
        return set
    }

    private mutating func insert(_ byte: UInt8) {
        if byte < 64 { low |= 1 << UInt64(byte) } else if byte < 128 { high |= 1 << UInt64(byte - 64) }
    }
}

/// Reads a filter's text byte by byte.
struct ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func next() -> UInt8? {
        guard let byte = peek else { return nil }
        position += 1
        return byte
    }

    /// Skips the text if it comes next. Returns whether it did.
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[position + offset] != text.utf8Start[offset] { return false }
        position += count
        return true
    }

    /// Digits as a number, up to 9999; nil if there are none.
    mutating func number() -> Int? {
        var value: Int?
        while let byte = peek, ByteSet.digits.contains(byte), (value ?? 0) < 1000 {
            value = (value ?? 0) * 10 + Int(byte - 48)
            position += 1
        }
        return value
    }

    /// Reads the rest of a bracket expression after its opening bracket. A `]` in first place is a member.
    mutating func set(negatedBy signs: String) throws(TagFilterError) -> ByteSet {
        var isNegated = false
        if let byte = peek, signs.utf8.contains(byte) {
            isNegated = true
            position += 1
        }
        var set = ByteSet.none
        var isFirst = true
        while let byte = next() {
            if byte == UInt8(ascii: "]"), !isFirst { return isNegated ? set.inverted : set }
            isFirst = false
            set = set.union(try member(startingWith: byte))
        }
        throw TagFilterError("\"[\" is not closed by \"]\"")
    }

    private mutating func member(startingWith byte: UInt8) throws(TagFilterError) -> ByteSet {
        if byte == UInt8(ascii: "\\") { return try escape() }
        let single = try ByteSet(literal: byte)
        guard peek == UInt8(ascii: "-"), position + 1 < bytes.count, bytes[position + 1] != UInt8(ascii: "]") else {
            return single
        }
        let end = bytes[position + 1]
        guard byte <= end else { throw TagFilterError("a range in \"[…]\" runs backwards") }
        _ = try ByteSet(literal: end)
        position += 2
        return ByteSet(byte...end)
    }

    /// Reads the escape after a backslash.
    mutating func escape() throws(TagFilterError) -> ByteSet {
        guard let byte = next() else { throw TagFilterError("nothing follows the last \"\\\"") }
        switch byte {
        case UInt8(ascii: "d"): return .digits
        case UInt8(ascii: "D"): return .digits.inverted
        case UInt8(ascii: "w"): return .word
        case UInt8(ascii: "W"): return .word.inverted
        case UInt8(ascii: "s"): return .blanks
        case UInt8(ascii: "S"): return .blanks.inverted
        case let byte where ByteSet.word.contains(byte):
            throw TagFilterError("\"\\\(Character(Unicode.Scalar(byte)))\" is not supported")
        default: return try ByteSet(literal: byte)
        }
    }
}
