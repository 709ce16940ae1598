// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 as numbers.
struct PackedDigest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// - Returns: nil for a digest of another algorithm.
    init?(_ digest: Digest) {
        guard digest.algorithm == .sha256 else { return nil }
        var text = digest.text
        words = text.withUTF8 { text in
            let digits = text.suffix(64)
            func word(_ number: Int) -> UInt64 {
                digits.dropFirst(16 * number).prefix(16).reduce(0) { $0 << 4 | UInt64(Digest.value(of: $1)) }
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
