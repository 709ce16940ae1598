// SPDX-License-Identifier: Apache-2.0

/// The slots of a table's keys, each a digest and a number, in about 50 bytes each. A dictionary with digests as keys takes
/// about 400. The first key has slot 0, the next one slot 1: the user keeps the values in a list of its own.
package struct DigestSlots: Sendable {
    private struct Key: Hashable, Sendable {
        /// nil for an algorithm that cannot be packed.
        var digest: PackedDigest?
        var number: UInt32
    }

    private struct LongKey: Hashable {
        var digest: Digest
        var number: UInt32
    }

    private var keys = Segmented<Key>()
    private var positions = PositionTable()
    /// By SHA-512 digests, which are rare. The whole digest is the key, because an attacker may choose digests with equal
    /// parts.
    private var others: [LongKey: Int] = [:]

    package init() {}

    package func find(_ digest: Digest, _ number: UInt32) -> Int? {
        let key = Key(digest: PackedDigest(digest), number: number)
        guard key.digest != nil else { return others[LongKey(digest: digest, number: number)] }
        return positions.find(key.hashValue) { keys[$0] == key }
    }

    package mutating func findOrAdd(_ digest: Digest, _ number: UInt32) -> Int {
        let key = Key(digest: PackedDigest(digest), number: number)
        let known = key.digest == nil ? note(LongKey(digest: digest, number: number)) : note(key)
        if known == nil { keys.append(key) }
        return known ?? keys.count - 1
    }

    /// - Returns: the slot of a known key; nil for a new one, for which the next slot is noted.
    private mutating func note(_ key: Key) -> Int? {
        let keys = keys
        return positions.find(key.hashValue, orInsert: keys.count) { keys[$0] == key }
    }

    private mutating func note(_ key: LongKey) -> Int? {
        if let known = others[key] { return known }
        others[key] = keys.count
        return nil
    }
}
