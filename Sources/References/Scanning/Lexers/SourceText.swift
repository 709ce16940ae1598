// SPDX-License-Identifier: Apache-2.0

/// Text that a lexer reads: a file, or a piece of one whose bytes know their offsets in the file.
struct SourceText {
    let bytes: [UInt8]
    private let origins: OriginMap

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        origins = .wholeFile
    }

    init(_ text: TracedText) {
        bytes = text.bytes
        origins = OriginMap(text)
    }

    var count: Int { bytes.count }

    subscript(offset: Int) -> UInt8? { offset >= 0 && offset < bytes.count ? bytes[offset] : nil }

    func hasPrefix(_ word: String, at offset: Int) -> Bool { bytes[min(offset, count)...].starts(with: word.utf8) }

    /// The end of the line that contains `offset`: its line feed, or the end of the text.
    func endOfLine(from offset: Int) -> Int { bytes[min(offset, count)...].firstIndex(of: 10) ?? count }

    func text(_ range: Range<Int>) -> TracedText {
        if origins.isWholeFile { return TracedText(bytes[range], origin: range.lowerBound) }
        var result = TracedText(capacity: range.count)
        for offset in range { result.append(bytes[offset], origin: origins.origin(of: offset)) }
        return result
    }

    func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The offset of a byte in the file; nil if it is not in the file.
    func origin(of offset: Int) -> Int? {
        guard offset >= 0, offset < count else { return nil }
        let origin = origins.origin(of: offset)
        return origin == TracedText.nowhere ? nil : origin
    }
}
