// SPDX-License-Identifier: Apache-2.0

/// The parsed form of a regular expression.
indirect enum TagExpression {
    case empty
    case one(ByteSet)
    case start
    case end
    case sequence([TagExpression])
    case choice(TagExpression, TagExpression)
    /// `most` is nil if there is no upper bound.
    case repeated(TagExpression, least: Int, most: Int?)
}

/// Reads a regular expression.
struct TagPatternParser {
    private var reader: ByteReader
    private var ignoresCase = false
    private var depth = 0

    init(_ text: some StringProtocol) { reader = ByteReader(text) }

    mutating func parse() throws(TagFilterError) -> TagExpression {
        ignoresCase = reader.skip("(?i)")
        let expression = try choice()
        guard reader.peek == nil else { throw TagFilterError("\")\" closes no group") }
        return expression
    }

    private mutating func choice() throws(TagFilterError) -> TagExpression {
        var expression = try sequence()
        while reader.skip("|") { expression = .choice(expression, try sequence()) }
        return expression
    }

    private mutating func sequence() throws(TagFilterError) -> TagExpression {
        var parts: [TagExpression] = []
        while let byte = reader.peek, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
            parts.append(try repeated(try atom()))
        }
        return .sequence(parts)
    }

    private mutating func atom() throws(TagFilterError) -> TagExpression {
        guard let byte = reader.next() else { return .empty }
        switch byte {
        case UInt8(ascii: "^"): return .start
        case UInt8(ascii: "$"): return .end
        case UInt8(ascii: "."): return .one(.any)
        case UInt8(ascii: "["): return .one(cased(try reader.set(negatedBy: "^")))
        case UInt8(ascii: "\\"): return .one(cased(try reader.escape()))
        case UInt8(ascii: "("): return try group()
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            throw TagFilterError("\"\(Character(Unicode.Scalar(byte)))\" repeats nothing")
        default: return .one(cased(try ByteSet(literal: byte)))
        }
    }

    private mutating func group() throws(TagFilterError) -> TagExpression {
        if !reader.skip("?:"), reader.peek == UInt8(ascii: "?") {
            throw TagFilterError("look-around and named groups are not supported", hint: "group with (…) or (?:…)")
        }
        depth += 1
        guard depth <= 50 else { throw TagFilterError("groups are nested more than 50 deep") }
        let inside = try choice()
        depth -= 1
        guard reader.skip(")") else { throw TagFilterError("\"(\" is not closed by \")\"") }
        return inside
    }

    private mutating func repeated(_ part: TagExpression) throws(TagFilterError) -> TagExpression {
        var part = part
        while let (least, most) = try repetition() {
            part = .repeated(part, least: least, most: most)
            // A lazy repetition matches the same tags.
            _ = reader.skip("?")
        }
        return part
    }

    private mutating func repetition() throws(TagFilterError) -> (Int, Int?)? {
        if reader.skip("*") { return (0, nil) }
        if reader.skip("+") { return (1, nil) }
        if reader.skip("?") { return (0, 1) }
        guard reader.skip("{") else { return nil }
        guard let least = reader.number() else { throw TagFilterError("\"{\" is followed by no number") }
        var most: Int? = least
        if reader.skip(",") { most = reader.number() }
        guard reader.skip("}") else { throw TagFilterError("\"{\" is not closed by \"}\"") }
        guard most ?? least >= least else { throw TagFilterError("\"{\(least),\(most ?? 0)}\" runs backwards") }
        return (least, most)
    }

    private func cased(_ set: ByteSet) -> ByteSet { ignoresCase ? set.ignoringCase : set }
}
