// SPDX-License-Identifier: Apache-2.0

/// Finds bytes in large buffers, 16 bytes at a time.
enum ByteSearch {
    /// The first offset of `byte` at or after `start`. The byte is usually near; beyond 32 bytes the search takes
    /// larger steps.
    static func first(_ byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        guard let base = bytes.baseAddress, start < bytes.count else { return nil }
        let near = min(bytes.count, start + 32)
        let found = find(byte, base, from: start, to: near)
        if found < near { return found }
        var offset = near
        let pattern = SIMD16<UInt8>(repeating: byte)
        let place = UnsafeRawPointer(base)
        while offset + 64 <= bytes.count {
            let (one, two) = (load(place + offset), load(place + offset + 16))
            let (three, four) = (load(place + offset + 32), load(place + offset + 48))
            if any(((one .== pattern) .| (two .== pattern)) .| ((three .== pattern) .| (four .== pattern))) { break }
            offset += 64
        }
        let result = find(byte, base, from: offset, to: bytes.count)
        return result < bytes.count ? result : nil
    }

    @inline(__always)
    private static func load(_ place: UnsafeRawPointer) -> SIMD16<UInt8> {
        place.loadUnaligned(as: SIMD16<UInt8>.self)
    }

    /// Compares eight bytes at a time: a matching byte becomes zero and is recognized by its highest bit.
    ///
    /// - Returns: `end` if there is none.
    @inline(__always)
    private static func find(_ byte: UInt8, _ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let pattern = UInt64(byte) &* ones
        var offset = start
        while offset + 8 <= end {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self)) ^ pattern
            let zeros = (word &- ones) & ~word & highs
            if zeros != 0 { return offset + zeros.trailingZeroBitCount >> 3 }
            offset += 8
        }
        while offset < end, base[offset] != byte { offset += 1 }
        return offset
    }

    /// Whether two buffers hold the same bytes.
    static func areEqual(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard let one = left.baseAddress, let other = right.baseAddress, one != other else { return true }
        var offset = 0
        while offset + 16 <= left.count {
            guard all(load(UnsafeRawPointer(one + offset)) .== load(UnsafeRawPointer(other + offset))) else {
                return false
            }
            offset += 16
        }
        while offset < left.count {
            if one[offset] != other[offset] { return false }
            offset += 1
        }
        return true
    }

    /// Whether a line of the range begins with `word`.
    static func containsLine(_ word: SearchWord, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        if part.starts(with: word.bytes) { return true }
        guard let base = part.baseAddress, let first = word.bytes.first else { return false }
        let (feeds, letters) = (SIMD16<UInt8>(repeating: 10), SIMD16<UInt8>(repeating: first))
        var offset = 0
        while offset + 1 + word.bytes.count <= part.count {
            // A line feed with that letter after it is rare.
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

    /// Whether the range contains `word`.
    static func contains(_ word: SearchWord, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        let length = word.bytes.count
        guard let base = part.baseAddress, part.count >= length, length > 1 else {
            return length == 1 && first(word.bytes[0], in: part, from: 0) != nil
        }
        let first = SIMD16<UInt8>(repeating: word.bytes[word.probe])
        let second = SIMD16<UInt8>(repeating: word.bytes[word.probe + 1])
        // The offsets at which the word can start. As many of them are checked at once as there are bytes for.
        let last = part.count - length
        var start = 0
        while start <= last {
            // If the word is rare, one test covers four steps.
            while start + word.probe + 65 <= part.count {
                let here = UnsafeRawPointer(base + start + word.probe)
                let (one, two) = (pairs(first, second, at: here), pairs(first, second, at: here + 16))
                let (three, four) = (pairs(first, second, at: here + 32), pairs(first, second, at: here + 48))
                if any((one .| two) .| (three .| four)) { break }
                start += 64
            }
            guard start <= last else { return false }
            let end: Int
            if start + word.probe + 17 <= part.count {
                guard any(pairs(first, second, at: UnsafeRawPointer(base + start + word.probe))) else {
                    start += 16
                    continue
                }
                end = min(start + 16, last + 1)
            } else {
                end = last + 1
            }
            while start < end {
                if stands(word, at: base + start), !word.isWhole || isWhole(start..<start + length, of: part) {
                    return true
                }
                start += 1
            }
        }
        return false
    }

    /// The mask of the 16 places at which `first` is followed by `second`.
    @inline(__always)
    private static func pairs(
        _ first: SIMD16<UInt8>, _ second: SIMD16<UInt8>, at place: UnsafeRawPointer
    ) -> SIMDMask<SIMD16<Int8>> {
        (load(place) .== first) .& (load(place + 1) .== second)
    }

    /// Whether no letter, digit or `_` is next to a word.
    private static func isWhole(_ word: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let beside = [word.lowerBound - 1, word.upperBound].filter(bytes.indices.contains)
        return beside.allSatisfy { place in
            let byte = bytes[place]
            return byte != 95 && (byte | 32) &- 97 >= 26 && byte &- 48 >= 10
        }
    }

    private static func stands(_ word: SearchWord, at place: UnsafePointer<UInt8>) -> Bool {
        guard place[word.probe] == word.bytes[word.probe] else { return false }
        for offset in 0..<word.bytes.count where place[offset] != word.bytes[offset] { return false }
        return true
    }
}

/// A word to search for, and the two of its bytes to search for first: those that are rare in manifests.
struct SearchWord: Sendable {
    let bytes: [UInt8]
    let probe: Int
    /// The word must not be part of a longer word. Only for words of two letters or more.
    let isWhole: Bool

    init(_ text: String, isWhole: Bool = false) {
        let bytes = Array(text.utf8)
        self.bytes = bytes
        self.isWhole = isWhole
        probe =
            bytes.indices.dropLast().min { Self.frequency(ofPair: $0, bytes) < Self.frequency(ofPair: $1, bytes) } ?? 0
    }

    private static func frequency(ofPair index: Int, _ bytes: [UInt8]) -> Int {
        frequency(bytes[index]) * frequency(bytes[index + 1])
    }

    /// A rough measure of how common a byte is: letters by their frequency in English. Most other bytes except blanks
    /// count as rare.
    private static func frequency(_ byte: UInt8) -> Int {
        if let rank = commonFirst.firstIndex(of: byte) { return commonFirst.count - rank }
        return 1
    }

    private static let commonFirst = Array(" etaoinsrlcdpumh:-/.gfbyvwk{<".utf8)
}

extension [UInt8] {
    func holds(_ word: SearchWord) -> Bool {
        withUnsafeBufferPointer { ByteSearch.contains(word, in: $0, 0..<$0.count) }
    }
}

extension String {
    /// Whether the text contains `word`, compared byte by byte, which is many times faster than comparing characters.
    func holds(_ word: SearchWord) -> Bool {
        var text = self
        return text.withUTF8 { ByteSearch.contains(word, in: $0, 0..<$0.count) }
    }
}
