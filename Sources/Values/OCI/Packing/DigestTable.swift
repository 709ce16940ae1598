// SPDX-License-Identifier: Apache-2.0

/// Values by a digest and a number, in about 60 bytes each. A dictionary with digests as keys takes about 400.
///
/// A removed entry keeps its slot, which the same key uses again.
@frozen package struct DigestTable<Value: Sendable>: Sendable {
    package var slots = DigestSlots()
    package var values = Segmented<Value?>()

    @inlinable package init() {}

    @inlinable package subscript(digest: Digest, number: UInt32) -> Value? {
        get { slots.find(digest, number).flatMap { values[$0] } }
        set {
            if let slot = newValue == nil ? slots.find(digest, number) : slot(of: digest, number) {
                values[slot] = newValue
            }
        }
    }

    /// Changes the value in place. A missing value begins as `value`.
    @inlinable package mutating func change<Result>(
        _ digest: Digest, _ number: UInt32, default value: @autoclosure () -> Value,
        by change: (inout Value) -> Result
    ) -> Result {
        let slot = slot(of: digest, number)
        var changed = values[slot] ?? value()
        defer { values[slot] = changed }
        return change(&changed)
    }

    /// The slot of a key, which gets one if it has none.
    @inlinable package mutating func slot(of digest: Digest, _ number: UInt32) -> Int {
        let slot = slots.findOrAdd(digest, number)
        if slot == values.count { values.append(nil) }
        return slot
    }
}

/// The slots of a table's keys, each a digest and a number. The first key has slot 0, the next one slot 1. It is not generic,
/// so that the search for a key is compiled once.
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
