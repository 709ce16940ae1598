// SPDX-License-Identifier: Apache-2.0

/// The name by which kustomize finds an image: a regular expression that must match the whole name
/// (kubernetes-sigs/kustomize, api/internal/image, IsImageMatched).
package struct NamePattern: Hashable, Sendable {
    package let text: String
    /// nil: the text is a literal name, or an expression that is not supported.
    private let choices: [[Piece]]?

    /// A part of an expression, and how often it may occur.
    fileprivate struct Piece: Hashable, Sendable {
        var part: Part
        var isOptional = false
        var isRepeated = false
    }

    fileprivate indirect enum Part: Hashable, Sendable {
        case one(Set<UInt8>, isNegated: Bool)
        case group([[Piece]])
    }

    init(_ text: String) {
        self.text = text
        // A text with `$` or `{` is filled in later, and its braces and parentheses are not part of an expression.
        let mayBePattern = text.utf8.count <= Self.longest && !text.utf8.contains { "${".utf8.contains($0) }
        guard mayBePattern, text.utf8.contains(where: Self.signs.contains) else {
            choices = nil
            return
        }
        var parser = Parser(text)
        choices = parser.parse()
    }

    /// The most bytes of an image name.
    private static let longest = 255
    /// Bytes that only expressions contain. The dot is not one of them: most names contain a literal dot.
    private static let signs = Set("*+?|()[]\\^".utf8)

    package var isLiteral: Bool { choices == nil }

    package func matches(_ name: String) -> Bool {
        guard let choices else { return name == text }
        let bytes = Array(name.utf8)
        guard bytes.count <= Self.longest else { return false }
        return Self.ends(of: choices, from: [0], in: bytes).contains(bytes.count)
    }

    // MARK: - Matching

    /// The places at which a match that begins at one of `starts` may end. All ways are followed at once, so no pattern
    /// takes long.
    private static func ends(of choices: [[Piece]], from starts: Set<Int>, in text: [UInt8]) -> Set<Int> {
        choices.reduce(into: []) { ends, sequence in
            ends.formUnion(sequence.reduce(starts) { Self.ends(of: $1, from: $0, in: text) })
        }
    }

    private static func ends(of piece: Piece, from starts: Set<Int>, in text: [UInt8]) -> Set<Int> {
        var reached = piece.isOptional ? starts : []
        var fresh = starts
        repeat {
            fresh = ends(of: piece.part, from: fresh, in: text).subtracting(reached)
            reached.formUnion(fresh)
        } while piece.isRepeated && !fresh.isEmpty
        return reached
    }

    private static func ends(of part: Part, from starts: Set<Int>, in text: [UInt8]) -> Set<Int> {
        switch part {
        case .one(let bytes, let isNegated):
            Set(starts.filter { $0 < text.count && bytes.contains(text[$0]) != isNegated }.map { $0 + 1 })
        case .group(let choices): ends(of: choices, from: starts, in: text)
        }
    }
}

/// Parses the syntax that is used for names: `.`, `[…]`, escapes, groups, `|`, `*`, `+`, `?`. The result is nil for any
/// other syntax.
private struct Parser {
    private var rest: Substring.UTF8View

    /// The deepest nesting of groups. Each level may search the whole name again.
    private static let depthLimit = 3

    init(_ text: String) { rest = text[...].utf8 }

    mutating func parse() -> [[NamePattern.Piece]]? {
        guard let choices = choices(depth: 0), rest.isEmpty else { return nil }
        return choices
    }

    private mutating func skip(_ sign: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: sign) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func choices(depth: Int) -> [[NamePattern.Piece]]? {
        var choices: [[NamePattern.Piece]] = []
        repeat {
            var pieces: [NamePattern.Piece] = []
            while let byte = rest.first, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
                // Anchors are redundant, because the whole name has to match.
                if skip("^") || skip("$") { continue }
                guard let piece = piece(depth: depth) else { return nil }
                pieces.append(piece)
            }
            choices.append(pieces)
        } while skip("|")
        return choices
    }

    private mutating func piece(depth: Int) -> NamePattern.Piece? {
        guard let part = part(depth: depth) else { return nil }
        var piece = NamePattern.Piece(part: part)
        if skip("*") {
            (piece.isOptional, piece.isRepeated) = (true, true)
        } else if skip("+") {
            piece.isRepeated = true
        } else if skip("?") {
            piece.isOptional = true
        } else {
            return piece
        }
        // Lazy repetition matches the same names.
        _ = skip("?")
        return piece
    }

    private mutating func part(depth: Int) -> NamePattern.Part? {
        if skip("(") {
            if skip("?"), !skip(":") { return nil }
            guard depth < Self.depthLimit, let inside = choices(depth: depth + 1), skip(")") else { return nil }
            return .group(inside)
        }
        if skip("[") { return set() }
        guard let byte = rest.popFirst(), !"*+?".utf8.contains(byte) else { return nil }
        switch byte {
        case UInt8(ascii: "."): return .one([], isNegated: true)
        case UInt8(ascii: "\\"): return escape()
        default: return .one([byte], isNegated: false)
        }
    }

    private mutating func escape() -> NamePattern.Part? {
        guard let byte = rest.popFirst() else { return nil }
        let (digits, capitals, letters) = (Set(UInt8(48)...57), Set(UInt8(65)...90), Set(UInt8(97)...122))
        switch byte {
        case UInt8(ascii: "d"): return .one(digits, isNegated: false)
        case UInt8(ascii: "w"): return .one(digits.union(capitals).union(letters).union([95]), isNegated: false)
        case _ where digits.contains(byte) || capitals.contains(byte) || letters.contains(byte): return nil
        default: return .one([byte], isNegated: false)
        }
    }

    /// Parses the rest of a set after its opening bracket.
    private mutating func set() -> NamePattern.Part? {
        let isNegated = skip("^")
        var bytes: Set<UInt8> = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "]") { return bytes.isEmpty ? nil : .one(bytes, isNegated: isNegated) }
            guard byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "[") else { return nil }
            var last = byte
            if rest.first == UInt8(ascii: "-"), let end = rest.dropFirst().first, end != UInt8(ascii: "]") {
                rest.removeFirst(2)
                last = end
            }
            guard byte <= last else { return nil }
            bytes.formUnion(byte...last)
        }
        return nil
    }
}
