// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 as numbers.
struct PackedDigest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// - Returns: nil for a digest of another algorithm.
    init?(_ digest: Digest) {
        guard digest.algorithm == .sha256 else { return nil }
        var text = digest.text
        words = text.withUTF8 { text in
            func word(_ number: Int) -> UInt64 {
                let start = text.count - 64 + 16 * number
                var word: UInt64 = 0
                for place in start..<start + 16 { word = word << 4 | UInt64(Digest.value(of: text[place])) }
                return word
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
