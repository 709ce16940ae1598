// SPDX-License-Identifier: Apache-2.0

/// Finds positions of values by their hash, without keeping the values. It takes 8 bytes each, and the caller compares the
/// values.
///
/// A dictionary with references as keys takes about 300 bytes for each line of a list.
package struct PositionTable: Sendable {
    /// 28 bits of the hash above 36 bits of the position and one; 0 is an empty slot.
    private var slots: [UInt64] = []
    private var count = 0

    private static let positionBits: UInt64 = 36

    package init() {}

    /// The position of an equal value, if there is one; otherwise notes the new position.
    ///
    /// - Parameter equals: whether the value at a position is the wanted one.
    package mutating func find(_ hash: Int, orInsert position: Int, equals: (Int) -> Bool) -> Int? {
        if 4 * (count + 1) > 3 * slots.count { grow() }
        let (slot, found) = search(hash, equals)
        if let found { return found }
        slots[slot] = Self.mark(of: hash) | UInt64(position + 1)
        count += 1
        return nil
    }

    /// The position of an equal value.
    package func find(_ hash: Int, equals: (Int) -> Bool) -> Int? {
        slots.isEmpty ? nil : search(hash, equals).found
    }

    private func search(_ hash: Int, _ equals: (Int) -> Bool) -> (slot: Int, found: Int?) {
        let mark = Self.mark(of: hash)
        var slot = home(of: mark)
        while slots[slot] != 0 {
            let position = Int(slots[slot] & (1 << Self.positionBits - 1)) - 1
            if slots[slot] >> Self.positionBits == mark >> Self.positionBits, equals(position) {
                return (slot, position)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return (slot, nil)
    }

    private static func mark(of hash: Int) -> UInt64 {
        (UInt64(UInt(bitPattern: hash)) >> positionBits) << positionBits
    }

    /// By the highest bits, which are spread well in a hash of the standard library.
    private func home(of mark: UInt64) -> Int { Int(mark >> 36) & (slots.count - 1) }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: 0, count: max(64, 2 * old.count))
        for entry in old where entry != 0 {
            var slot = home(of: entry)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }
}
