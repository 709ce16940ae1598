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
    private struct Key: Sendable {
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
        guard let packed = PackedDigest(digest) else { return others[LongKey(digest: digest, number: number)] }
        return positions.find(Self.hash(packed, number)) { matches($0, packed, number) }
    }

    package mutating func findOrAdd(_ digest: Digest, _ number: UInt32) -> Int {
        let next = keys.count
        let packed = PackedDigest(digest)
        let known = if let packed { note(packed, number, at: next) } else { note(digest, number, at: next) }
        if let known { return known }
        keys.append(Key(digest: packed, number: number))
        return next
    }

    /// - Returns: where the key is; nil if it is new, and now noted at the position.
    private mutating func note(_ digest: PackedDigest, _ number: UInt32, at position: Int) -> Int? {
        let keys = keys
        return positions.find(Self.hash(digest, number), orInsert: position) {
            keys[$0].number == number && keys[$0].digest == digest
        }
    }

    private mutating func note(_ digest: Digest, _ number: UInt32, at position: Int) -> Int? {
        let key = LongKey(digest: digest, number: number)
        if let known = others[key] { return known }
        others[key] = position
        return nil
    }

    private func matches(_ position: Int, _ digest: PackedDigest, _ number: UInt32) -> Bool {
        keys[position].number == number && keys[position].digest == digest
    }

    private static func hash(_ digest: PackedDigest, _ number: UInt32) -> Int {
        var hasher = Hasher()
        hasher.combine(digest)
        hasher.combine(number)
        return hasher.finalize()
    }
}
