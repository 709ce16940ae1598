// SPDX-License-Identifier: Apache-2.0

import DequeModule
import OrderedCollections

/// Which item begins next: in order, with a window of its own for each pair of stores, so that a slow registry fills only
/// its own.
struct ItemAdmission: Sendable {
    private struct Pair: Hashable {
        var source: StoreID
        var target: StoreID

        init(_ item: TransferItem) { (source, target) = (item.source.store, item.target.store) }
    }

    private struct Line {
        var waiting: Deque<ItemID> = []
        var active = 0
    }

    private let window: Int
    private var lines: OrderedDictionary<Pair, Line> = [:]
    /// Pairs that have items waiting and room for one.
    private var open: Deque<Int> = []

    init(_ items: [TransferItem], window: Int) {
        self.window = max(1, window)
        for (number, item) in items.enumerated() { lines[Pair(item), default: Line()].waiting.append(number) }
        open = Deque(lines.values.indices)
    }

    /// Counts the item as begun; nil while every window is full or nothing waits.
    mutating func next() -> ItemID? {
        while let line = open.first {
            guard lines.values[line].active < window, let item = lines.values[line].waiting.popFirst() else {
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
