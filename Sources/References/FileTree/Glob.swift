// SPDX-License-Identifier: Apache-2.0

/// Wildcards as in git: `*` and `?` do not match slashes, `**` between slashes does.
struct Glob: Hashable, Sendable {
    private let pattern: [UInt8]
    /// The number of bytes before the first wildcard.
    private let literalCount: Int

    init(_ pattern: [UInt8]) {
        self.pattern = pattern
        literalCount = pattern.prefix { !"*?[\\".utf8.contains($0) }.count
    }

    func matches(_ text: ArraySlice<UInt8>) -> Bool {
        // A walk compares each path with each pattern, and few patterns match.
        guard text.count >= literalCount, text.prefix(literalCount).elementsEqual(pattern.prefix(literalCount)) else {
            return false
        }
        guard literalCount < pattern.count else { return text.count == literalCount }
        return pattern.withUnsafeBufferPointer { pattern in
            text.withUnsafeBufferPointer { text in
                var match = GlobMatch(pattern: pattern, text: text, from: literalCount)
                return match.matches()
            }
        }
    }
}

/// The comparison of one text with one pattern.
private struct GlobMatch {
    /// A place in the pattern, and one in the text.
    private typealias Place = (pattern: Int, text: Int)

    private let pattern: UnsafeBufferPointer<UInt8>
    private let text: UnsafeBufferPointer<UInt8>
    private var place: Place
    /// Where to continue if the text does not match: behind the last `*`, and behind the last `**`.
    private var star: Place?
    private var deep: Place?

    /// - Parameter start: the number of equal bytes at the beginning.
    init(pattern: UnsafeBufferPointer<UInt8>, text: UnsafeBufferPointer<UInt8>, from start: Int) {
        (self.pattern, self.text) = (pattern, text)
        place = (start, start)
    }

    mutating func matches() -> Bool {
        while true {
            if isDoubleStar {
                guard place.pattern + 2 < pattern.count else { return true }
                place.pattern += 3
                (deep, star) = (place, nil)
            } else if wanted == UInt8(ascii: "*") {
                while wanted == UInt8(ascii: "*") { place.pattern += 1 }
                star = place
            } else if place == (pattern.count, text.count) {
                return true
            } else if let next {
                place = (next, place.text + 1)
            } else if !goBack() {
                return false
            }
        }
    }

    private var wanted: UInt8? { place.pattern < pattern.count ? pattern[place.pattern] : nil }

    /// Lets the last wildcard match more of the text.
    private mutating func goBack() -> Bool {
        if let retry = star, retry.text < text.count, text[retry.text] != UInt8(ascii: "/") {
            place = (retry.pattern, retry.text + 1)
            star = place
            return true
        }
        guard let retry = deep, let slash = text[retry.text...].firstIndex(of: UInt8(ascii: "/")) else { return false }
        place = (retry.pattern, slash + 1)
        (deep, star) = (place, nil)
        return true
    }

    /// Whether the pattern goes on with `**` as a whole part of the path, followed by a slash or the end.
    private var isDoubleStar: Bool {
        let start = place.pattern
        guard pattern[start...].starts(with: "**".utf8) else { return false }
        let isAtStart = start == 0 || pattern[start - 1] == UInt8(ascii: "/")
        return isAtStart && (start + 2 == pattern.count || pattern[start + 2] == UInt8(ascii: "/"))
    }

    /// The place in the pattern behind the element that matches the next byte of the text. nil: it does not match.
    private var next: Int? {
        guard let wanted, place.text < text.count else { return nil }
        let (here, byte) = (place.pattern, text[place.text])
        switch wanted {
        case UInt8(ascii: "?"): return byte == UInt8(ascii: "/") ? nil : here + 1
        case UInt8(ascii: "["):
            guard let (isMember, end) = bracket(holds: byte) else { return byte == wanted ? here + 1 : nil }
            return isMember && byte != UInt8(ascii: "/") ? end : nil
        case UInt8(ascii: "\\") where here + 1 < pattern.count: return pattern[here + 1] == byte ? here + 2 : nil
        default: return wanted == byte ? here + 1 : nil
        }
    }

    /// Matches `[a-z]`, `[!a]`, `[^a]`, and returns the place behind it. nil: the bracket is not closed.
    private func bracket(holds byte: UInt8) -> (Bool, end: Int)? {
        var rest = pattern[(place.pattern + 1)...]
        let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if isNegated { rest = rest.dropFirst() }
        var isMember = false
        var isFirst = true
        while let low = rest.first, low != UInt8(ascii: "]") || isFirst {
            isFirst = false
            rest = rest.dropFirst()
            var start = low
            if low == UInt8(ascii: "\\"), let escaped = rest.first {
                start = escaped
                rest = rest.dropFirst()
            }
            var end = start
            if rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first, high != UInt8(ascii: "]") {
                end = high
                rest = rest.dropFirst(2)
            }
            if start <= byte && byte <= end { isMember = true }
        }
        guard rest.first == UInt8(ascii: "]") else { return nil }
        return (isMember != isNegated, rest.startIndex + 1)
    }
}
