// SPDX-License-Identifier: Apache-2.0

/// Values by a digest and a number, in about 60 bytes each. A dictionary with digests as keys takes about 400.
///
/// A removed entry keeps its slot, which the same key uses again.
package struct DigestTable<Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var digest: PackedDigest
        var number: UInt32
        var value: Value?
    }

    private struct LongKey: Hashable {
        var digest: Digest
        var number: UInt32
    }

    private var entries = Segmented<Entry>()
    private var positions = PositionTable()
    /// By SHA-512 digests, which are rare. The whole digest is the key, because an attacker may choose digests with equal
    /// parts.
    private var others: [LongKey: Value] = [:]

    package init() {}

    package subscript(digest: Digest, number: UInt32) -> Value? {
        get {
            guard let digest = PackedDigest(digest) else { return others[LongKey(digest: digest, number: number)] }
            return position(of: digest, number).flatMap { entries[$0].value }
        }
        set {
            guard let digest = PackedDigest(digest) else {
                return others[LongKey(digest: digest, number: number)] = newValue
            }
            if let position = position(of: digest, number) {
                entries[position].value = newValue
            } else if let newValue {
                append(Entry(digest: digest, number: number, value: newValue))
            }
        }
    }

    /// Changes the value in place. A missing value begins as `value`.
    package mutating func change<Result>(
        _ digest: Digest, _ number: UInt32, default value: @autoclosure () -> Value,
        by change: (inout Value) -> Result
    ) -> Result {
        guard let packed = PackedDigest(digest) else {
            return change(&others[LongKey(digest: digest, number: number), default: value()])
        }
        let known = position(of: packed, number)
        if known == nil { append(Entry(digest: packed, number: number, value: nil)) }
        let position = known ?? entries.count - 1
        var changed = entries[position].value ?? value()
        defer { entries[position].value = changed }
        return change(&changed)
    }

    private func position(of digest: PackedDigest, _ number: UInt32) -> Int? {
        positions.find(Self.hash(digest, number)) { matches($0, digest, number) }
    }

    private func matches(_ position: Int, _ digest: PackedDigest, _ number: UInt32) -> Bool {
        entries[position].number == number && entries[position].digest == digest
    }

    private mutating func append(_ entry: Entry) {
        _ = positions.find(Self.hash(entry.digest, entry.number), orInsert: entries.count) { _ in false }
        entries.append(entry)
    }

    private static func hash(_ digest: PackedDigest, _ number: UInt32) -> Int {
        var hasher = Hasher()
        hasher.combine(digest)
        hasher.combine(number)
        return hasher.finalize()
    }
}

/// A SHA-256 as numbers.
struct PackedDigest: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64)

    /// - Returns: nil for a digest of another algorithm.
    init?(_ digest: Digest) {
        guard digest.algorithm == .sha256 else { return nil }
        var digits = digest.hex.utf8.makeIterator()
        func word() -> UInt64 {
            var word: UInt64 = 0
            for _ in 0..<16 { word = word << 4 | UInt64(digits.next().map(Digest.value) ?? 0) }
            return word
        }
        words = (word(), word(), word(), word())
    }

    static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
