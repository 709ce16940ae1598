// SPDX-License-Identifier: Apache-2.0

@_spi(Lists) import OCI

/// The items of lists. An item is created when it is read, so a million items take some 40 MiB.
package struct BatchItemList: RandomAccessCollection, Sendable {
    /// An item in little memory. 32 bits are enough: more lines than that do not fit into the memory of any machine.
    private struct Slot: Sendable {
        var entry: UInt32
        /// One more than the rule's position; 0 if the entry names its target.
        var rule: UInt32

        init(entry: Int, rule: Int?) {
            self.entry = UInt32(truncatingIfNeeded: entry)
            self.rule = rule.map { UInt32(truncatingIfNeeded: $0 + 1) } ?? 0
        }
    }

    private(set) var entries: EntryPool
    private let rules: [TargetRule]
    private var slots = Segmented<Slot>()

    init(_ entries: EntryPool, rules: [TargetRule]) {
        self.entries = entries
        self.rules = rules
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { slots.count }

    package subscript(position: Int) -> BatchItem {
        let slot = slots[position]
        return item(of: entries[Int(slot.entry)], slot)
    }

    /// Reads the entries one after the other, which costs a fifth of reading each by its position.
    package func makeIterator() -> AnyIterator<BatchItem> {
        var (cursor, position) = (EntryPool.Cursor(entries), 0)
        return AnyIterator {
            guard position < slots.count else { return nil }
            defer { position += 1 }
            let slot = slots[position]
            return item(of: cursor.entry(at: Int(slot.entry)), slot)
        }
    }

    private func item(of entry: BatchEntry, _ slot: Slot) -> BatchItem {
        BatchItem(source: entry.source, target: target(of: entry, Int(slot.rule)), place: entry.place)
    }

    private func target(of entry: BatchEntry, _ rule: Int) -> Reference {
        if let target = entry.target { return target }
        guard rule > 0, let target = try? rules[rule - 1].target(for: entry.source) else {
            preconditionFailure("an item has a target")
        }
        return target
    }

    /// - Parameters:
    ///   - entry: the position of the entry, which has a target or gets one by the rule.
    ///   - rule: the position of the rule.
    mutating func append(entry: Int, rule: Int?) {
        slots.append(Slot(entry: entry, rule: rule))
    }

    /// Adds an entry that is not a line of a list: one of several tags that a filter selected.
    mutating func append(_ entry: BatchEntry, rule: Int?) {
        entries.append(entry)
        append(entry: entries.count - 1, rule: rule)
    }

    /// Drops the entries that no item needs, if there are many. Lists with many duplicate lines are common, for example
    /// if the findings of several tools are joined.
    mutating func forgetSurplus() {
        guard entries.count > slots.count + slots.count / 4 else { return }
        var (needed, renumbered) = (Segmented<Int>(), Segmented<Slot>())
        for position in 0..<slots.count {
            var slot = slots[position]
            if needed.last != Int(slot.entry) { needed.append(Int(slot.entry)) }
            slot.entry = UInt32(truncatingIfNeeded: needed.count - 1)
            renumbered.append(slot)
        }
        entries = EntryPool(entries, at: (0..<needed.count).lazy.map { [needed] in needed[$0] })
        slots = renumbered
    }
}
