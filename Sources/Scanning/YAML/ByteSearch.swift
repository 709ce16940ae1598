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

    /// Whether `word` stands in the range.
    static func contains(_ word: [UInt8], in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        guard let first = word.first else { return true }
        let part = UnsafeBufferPointer(rebasing: bytes[range])
        var offset = 0
        while let found = self.first(first, in: part, from: offset), found + word.count <= part.count {
            var length = 1
            while length < word.count, part[found + length] == word[length] { length += 1 }
            if length == word.count { return true }
            offset = found + 1
        }
        return false
    }
}
