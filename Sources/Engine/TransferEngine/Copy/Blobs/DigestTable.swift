// SPDX-License-Identifier: Apache-2.0

@_spi(Lists) import OCI

/// Values by a digest and a number, in about 60 bytes each.
///
/// A removed entry keeps its slot, which the same key uses again.
struct DigestTable<Value: Sendable>: Sendable {
    private var slots = DigestSlots()
    private var values = Segmented<Value?>()

    subscript(digest: Digest, number: UInt32) -> Value? {
        get { slots.find(digest, number).flatMap { values[$0] } }
        set {
            if let slot = newValue == nil ? slots.find(digest, number) : slot(of: digest, number) {
                values[slot] = newValue
            }
        }
    }

    /// The slot of a key, which gets one if it has none.
    private mutating func slot(of digest: Digest, _ number: UInt32) -> Int {
        let slot = slots.findOrAdd(digest, number)
        if slot == values.count { values.append(nil) }
        return slot
    }
}
