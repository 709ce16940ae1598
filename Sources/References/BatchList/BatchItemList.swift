// SPDX-License-Identifier: Apache-2.0

import OCI

/// The items of lists, each made when it is asked for: a million of them take some 50 MiB.
package struct BatchItemList: RandomAccessCollection, Sendable {
    private struct Slot: Sendable {
        var entry: Int
        /// One more than the rule's position; 0 where the entry says its target.
        var rule: Int
    }

    private var entries: EntryPool
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
        let entry = entries[slot.entry]
        return BatchItem(source: entry.source, target: target(of: entry, slot.rule), place: entry.place)
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
        slots.append(Slot(entry: entry, rule: rule.map { $0 + 1 } ?? 0))
    }

    /// Adds an entry that no list says itself: one of several tags.
    mutating func append(_ entry: BatchEntry, rule: Int?) {
        entries.append(entry)
        append(entry: entries.count - 1, rule: rule)
    }
}
