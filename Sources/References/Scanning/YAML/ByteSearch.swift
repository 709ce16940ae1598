// SPDX-License-Identifier: Apache-2.0

/// Finding bytes in large buffers, sixteen at a time.
enum ByteSearch {
    /// The first offset at or after `start` where `byte` stands.
    static func first(_ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var offset = start
        let pattern = SIMD16<UInt8>(repeating: byte)
        while offset + 16 <= bytes.count {
            let chunk = UnsafeRawPointer(base + offset).loadUnaligned(as: SIMD16<UInt8>.self)
            if any(chunk .== pattern) { break }
            offset += 16
        }
        while offset < bytes.count {
            if base[offset] == byte { return offset }
            offset += 1
        }
        return nil
    }

    /// Whether a line of the range begins with `word`.
    static func containsLine(_ word: SearchWord, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        if part.starts(with: word.bytes) { return true }
        guard let base = part.baseAddress, let first = word.bytes.first else { return false }
        let (feeds, letters) = (SIMD16<UInt8>(repeating: 10), SIMD16<UInt8>(repeating: first))
        var offset = 0
        while offset + 1 + word.bytes.count <= part.count {
            // A line feed and the letter behind it together are rare.
            if offset + 17 <= part.count {
                let here = UnsafeRawPointer(base + offset).loadUnaligned(as: SIMD16<UInt8>.self)
                let next = UnsafeRawPointer(base + offset + 1).loadUnaligned(as: SIMD16<UInt8>.self)
                guard any((here .== feeds) .& (next .== letters)) else {
                    offset += 16
                    continue
                }
            }
            let end = min(offset + 16, part.count - word.bytes.count)
            while offset < end {
                if part[offset] == 10, part[(offset + 1)...].starts(with: word.bytes) { return true }
                offset += 1
            }
        }
        return false
    }

    /// Whether `word` stands in the range.
    static func contains(_ word: SearchWord, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var offset = word.probe
        while let found = first(word.bytes[word.probe], in: part, from: offset) {
            let start = found - word.probe
            guard start + word.bytes.count <= part.count else { return false }
            var length = 0
            while length < word.bytes.count, part[start + length] == word.bytes[length] { length += 1 }
            if length == word.bytes.count { return true }
            offset = found + 1
        }
        return false
    }
}

/// A word to look for, and which of its bytes to look for first: the one that is rare in manifests.
struct SearchWord: Sendable {
    let bytes: [UInt8]
    let probe: Int

    init(_ text: String) {
        let bytes = Array(text.utf8)
        self.bytes = bytes
        probe = bytes.indices.min { Self.frequency(bytes[$0]) < Self.frequency(bytes[$1]) } ?? 0
    }

    /// Roughly how common a byte is: letters by their frequency in English, everything else rare but blanks.
    private static func frequency(_ byte: UInt8) -> Int {
        if let rank = commonFirst.firstIndex(of: byte) { return commonFirst.count - rank }
        return 0
    }

    private static let commonFirst = Array(" etaoinsrlcdpumh:-/.gfbyvwk{<".utf8)
}

extension String {
    /// Whether `word` stands in the text, byte for byte: many times faster than to compare characters.
    func holds(_ word: SearchWord) -> Bool {
        var text = self
        return text.withUTF8 { ByteSearch.contains(word, in: $0, 0..<$0.count) }
    }
}
