// SPDX-License-Identifier: Apache-2.0

/// The end of an action between two braces: the first closing braces outside of its literals. A comment ends behind
/// `*/` (pkg.go.dev/text/template, "Actions").
enum TemplateAction {
    /// The longest action in bytes. Longer texts are not read as actions.
    static let limit = 16384
    /// The most bytes behind the first closing braces, if these are in a literal. Otherwise a quote is no quote.
    private static let literalLimit = 512

    /// The offset behind an action.
    ///
    /// - Parameter start: the offset of its opening braces.
    static func end(of start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let part = UnsafeBufferPointer(rebasing: bytes[..<min(bytes.count, start + limit)])
        if let text = comment(at: start, in: part) { return endOfComment(from: text, in: part) }
        guard let close = closing(from: start + 2, in: part) else { return nil }
        let near = UnsafeBufferPointer(rebasing: part[..<min(part.count, close + literalLimit)])
        return endOutsideOfLiterals(from: start + 2, in: near) ?? close + 2
    }

    private static func closing(from start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var offset = start
        while let place = ByteSearch.first(brace, in: bytes, from: offset), place + 1 < bytes.count {
            if bytes[place + 1] == brace { return place }
            offset = place + 1
        }
        return nil
    }

    private static func endOutsideOfLiterals(from start: Int, in part: UnsafeBufferPointer<UInt8>) -> Int? {
        var offset = start
        while offset + 1 < part.count {
            switch part[offset] {
            case brace where part[offset + 1] == brace: return offset + 2
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                offset = (endOfLiteral(from: offset, in: part) ?? offset) + 1
            default: offset += 1
            }
        }
        return nil
    }

    static func end(of start: Int, in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { end(of: start, in: $0) }
    }

    /// The end of a comment that begins on a line and goes on behind it.
    static func endOfComment(beginningIn line: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let part = UnsafeBufferPointer(rebasing: bytes[..<line.upperBound])
        var offset = line.lowerBound
        while let start = ByteSearch.first(UInt8(ascii: "{"), in: part, from: offset), start + 1 < part.count {
            offset = start + 1
            guard part[offset] == UInt8(ascii: "{"), let end = end(of: start, in: bytes) else { continue }
            if end > line.upperBound { return comment(at: start, in: bytes) == nil ? nil : end }
            offset = end
        }
        return nil
    }

    private static let brace = UInt8(ascii: "}")

    // MARK: - Comments

    /// The offset behind the mark that begins a comment.
    private static func comment(at start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let text = bytes[start...].dropFirst(2).drop { $0 == UInt8(ascii: "-") || $0 == 32 }
        return text.starts(with: "/*".utf8) ? text.startIndex + 2 : nil
    }

    private static func endOfComment(from start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var offset = start
        while let star = ByteSearch.first(UInt8(ascii: "*"), in: bytes, from: offset) {
            offset = star + 1
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "/") else { continue }
            let rest = bytes[(offset + 1)...].drop { $0 == UInt8(ascii: "-") || $0 == 32 }
            if rest.starts(with: "}}".utf8) { return rest.startIndex + 2 }
        }
        return nil
    }

    // MARK: - Literals

    /// The offset of the quote that ends a literal. nil: the line has none, so that the first one is no quote.
    ///
    /// A text around the action may escape its quotes: `"{{ f \"a\" }}"`.
    private static func endOfLiteral(from start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let quote = bytes[start]
        let isRaw = quote == UInt8(ascii: "`")
        let level = escapes(before: start, in: bytes)
        for place in (start + 1)..<bytes.count {
            if bytes[place] == 10, !isRaw { return nil }
            guard bytes[place] == quote else { continue }
            if isRaw || escapes(before: place, in: bytes) % (2 * level + 2) == level { return place }
        }
        return nil
    }

    private static func escapes(before place: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
        bytes[..<place].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
    }
}
