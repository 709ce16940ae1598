// SPDX-License-Identifier: Apache-2.0

import DequeModule
import OrderedCollections

/// Decides which item begins next. Items begin in order; each pair of stores has its own window, so that a slow registry
/// fills only its own window.
struct ItemAdmission: Sendable {
    private struct Pair: Hashable {
        var source: StoreID
        var target: StoreID

        init(_ item: TransferItem) { (source, target) = (item.source.store, item.target.store) }
    }

    private struct Line {
        /// In order; items that follow each other are one range.
        var waiting: Deque<Range<ItemID>> = []
        var active = 0

        mutating func append(_ item: ItemID) {
            guard let last = waiting.last, last.upperBound == item else { return waiting.append(item..<item + 1) }
            waiting[waiting.count - 1] = last.lowerBound..<item + 1
        }

        mutating func popFirst() -> ItemID? {
            guard let first = waiting.popFirst() else { return nil }
            if first.count > 1 { waiting.prepend(first.dropFirst()) }
            return first.lowerBound
        }
    }

    private let window: Int
    private var lines: OrderedDictionary<Pair, Line> = [:]
    /// Pairs that have items waiting and room for one.
    private var open: Deque<Int> = []

    init(window: Int) { self.window = max(1, window) }

    /// Adds an item behind all others.
    mutating func append(_ item: TransferItem, as number: ItemID) {
        let pair = Pair(item)
        if lines[pair] == nil { open.append(lines.count) }
        lines[pair, default: Line()].append(number)
    }

    /// Whether items go to more than one store.
    var fansOut: Bool { lines.keys.contains { $0.target != lines.keys[0].target } }

    /// Counts the item as begun; nil while every window is full or nothing waits.
    mutating func next() -> ItemID? {
        while let line = open.first {
            guard lines.values[line].active < window, let item = lines.values[line].popFirst() else {
                open.removeFirst()
                continue
            }
            lines.values[line].active += 1
            return item
        }
        return nil
    }

    mutating func ended(_ item: TransferItem) {
        guard let line = lines.index(forKey: Pair(item)) else { return }
        lines.values[line].active -= 1
        if lines.values[line].active == window - 1, !lines.values[line].waiting.isEmpty { open.append(line) }
    }
}
