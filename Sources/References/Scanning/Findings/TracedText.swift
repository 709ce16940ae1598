// SPDX-License-Identifier: Apache-2.0

/// Text composed of a file's bytes. Each byte has its offset in the file.
///
/// Filling in `${VERSION}` or removing quotes moves bytes. The origins of the bytes tell a rewriter which bytes of the
/// file to edit.
package struct TracedText: Hashable, Sendable {
    package private(set) var bytes: [UInt8] = []
    /// One for each of `bytes`: its offset in the file, or `nowhere`.
    package private(set) var origins: [Int] = []

    /// The origin of a byte that is not in the file, such as a value from the command line or a replacement.
    package static let nowhere = -1

    package init() {}

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
        origins.reserveCapacity(capacity)
    }

    /// Text that is not in the file.
    package init(untraced text: String) {
        bytes = Array(text.utf8)
        origins = Array(repeating: Self.nowhere, count: bytes.count)
    }

    /// - Parameter origin: the offset of the first byte; the others follow it.
    package init(_ bytes: some Sequence<UInt8>, origin: Int) {
        self.bytes = Array(bytes)
        origins = Array(origin..<origin + self.bytes.count)
    }

    package var count: Int { bytes.count }
    package var isEmpty: Bool { bytes.isEmpty }
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    package subscript(range: Range<Int>) -> TracedText {
        if range == 0..<count { return self }
        var result = TracedText()
        result.bytes = Array(bytes[range])
        result.origins = Array(origins[range])
        return result
    }

    package mutating func append(_ byte: UInt8, origin: Int) {
        bytes.append(byte)
        origins.append(origin)
    }

    package mutating func append(_ other: TracedText) {
        bytes += other.bytes
        origins += other.origins
    }

    static func + (left: TracedText, right: TracedText) -> TracedText {
        var result = left
        result.append(right)
        return result
    }

    package mutating func append(at position: Int, of other: TracedText) {
        append(other.bytes[position], origin: other.origins[position])
    }

    /// Changes the origins, for text that was read from a part of a file.
    mutating func mapOrigins(_ transform: (Int) -> Int) {
        for index in origins.indices where origins[index] != Self.nowhere { origins[index] = transform(origins[index]) }
    }

    /// The text with one dollar for two, as Compose and Cloud Build write a dollar sign.
    var withSingleDollars: TracedText {
        guard bytes.contains(UInt8(ascii: "$")) else { return self }
        var result = TracedText(capacity: count)
        var index = 0
        while index < count {
            if bytes[index...].starts(with: "$$".utf8) { index += 1 }
            result.append(at: index, of: self)
            index += 1
        }
        return result
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        origins.removeAll(keepingCapacity: true)
    }

    package var reversed: TracedText {
        var result = self
        result.bytes.reverse()
        result.origins.reverse()
        return result
    }

    /// The range of this text in the file, if it is there in one piece, byte for byte.
    package var contiguousRange: Range<Int>? {
        guard let first = origins.first, first != Self.nowhere else { return nil }
        for (position, origin) in origins.enumerated() where origin != first + position { return nil }
        return first..<first + origins.count
    }

    /// The ranges of this text in the file, one for each piece.
    package var pieces: [Range<Int>] {
        var result: [Range<Int>] = []
        for origin in origins where origin != Self.nowhere {
            if let last = result.last, last.upperBound == origin {
                result[result.count - 1] = last.lowerBound..<origin + 1
            } else {
                result.append(origin..<origin + 1)
            }
        }
        return result
    }

    /// The part of this text whose bytes are in a range of the file, with what stands between them. The text is in the
    /// file's order.
    ///
    /// - Parameter start: where the search begins, which is moved behind the part. Parts that are asked for in the file's
    ///   order are found in one pass.
    func part(at range: Range<Int>, from start: inout Int) -> TracedText {
        let found = origins[min(start, count)...].firstIndex(where: range.contains)
        guard let first = found ?? origins.firstIndex(where: range.contains) else { return TracedText() }
        let behind = origins[first...].firstIndex { $0 != Self.nowhere && !range.contains($0) } ?? count
        let last = origins[first..<behind].lastIndex(where: range.contains) ?? first
        start = last + 1
        return self[first..<last + 1]
    }

    /// The range from the first to the last byte that is in the file, including everything between them.
    package var coveringRange: Range<Int>? {
        let known = origins.filter { $0 != Self.nowhere }
        guard let low = known.min(), let high = known.max() else { return nil }
        return low..<high + 1
    }
}

extension TracedText {
    /// Whether a byte is one of the ASCII blanks that Go's `strings.TrimSpace` removes.
    static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    /// The text without a prefix; the text itself if it does not begin with it.
    func without(prefix: String) -> TracedText {
        bytes.starts(with: prefix.utf8) ? self[prefix.utf8.count..<count] : self
    }

    /// The text without blanks at both ends.
    var trimmed: TracedText {
        guard let first = bytes.firstIndex(where: { !Self.isBlank($0) }) else { return TracedText() }
        let last = bytes.lastIndex { !Self.isBlank($0) } ?? first
        if first == 0, last == count - 1 { return self }
        return self[first..<last + 1]
    }

    /// The words between blanks; quotes mean nothing here.
    var blankSeparated: [TracedText] {
        var words: [TracedText] = []
        var start = 0
        while let word = word(from: start) {
            words.append(self[word])
            start = word.upperBound
        }
        return words
    }

    /// The place of the first word between blanks at or behind an offset.
    func word(from start: Int) -> Range<Int>? {
        guard let first = bytes[start...].firstIndex(where: { !Self.isBlank($0) }) else { return nil }
        return first..<(bytes[first...].firstIndex(where: Self.isBlank) ?? bytes.count)
    }

    /// The texts before and after the first `byte`; nil if there is none.
    func cut(at byte: UInt8) -> (before: TracedText, after: TracedText)? {
        guard let position = bytes.firstIndex(of: byte) else { return nil }
        return (self[0..<position], self[position + 1..<count])
    }
}
