// SPDX-License-Identifier: Apache-2.0

/// The states of a run's items. A waiting item takes no memory and an ended one takes one bit, so a run can have a million
/// items.
struct ItemStates: Sendable {
    private let items: DerivedList<TransferItem>
    /// The states of items under way, and free places.
    private var states: [ItemState] = []
    private var places: [ItemID: Int] = [:]
    private var free: [Int] = []
    /// A bit for each item, 64 in a word.
    private var ended: [UInt64]
    private(set) var endedCount = 0

    init(_ items: DerivedList<TransferItem>) {
        self.items = items
        ended = Array(repeating: 0, count: (items.count + 63) / 64)
    }

    var count: Int { items.count }

    subscript(item: ItemID) -> ItemState {
        _read {
            if let place = places[item] { yield states[place] } else { yield stateAsLeft(item) }
        }
        _modify {
            let place = place(of: item)
            yield &states[place]
        }
    }

    /// Ends the item and returns its state. Only the fact that it has ended is kept.
    ///
    /// - Returns: nil for an item that had ended before.
    mutating func end(_ item: ItemID) -> ItemState? {
        guard !hasEnded(item) else { return nil }
        let state = self[item]
        if let place = places.removeValue(forKey: item) { free.append(place) }
        ended[item / 64] |= 1 << UInt64(item % 64)
        endedCount += 1
        return state
    }

    /// The items that have begun and not ended, in their order.
    var underWay: [ItemID] { places.keys.filter { !hasEnded($0) }.sorted() }

    func hasEnded(_ item: ItemID) -> Bool { ended[item / 64] & 1 << UInt64(item % 64) != 0 }

    private mutating func place(of item: ItemID) -> Int {
        if let place = places[item] { return place }
        let state = stateAsLeft(item)
        let place = free.popLast() ?? states.count
        if place < states.count { states[place] = state } else { states.append(state) }
        places[item] = place
        return place
    }

    /// The state of an item that has not begun, or has ended.
    private func stateAsLeft(_ item: ItemID) -> ItemState {
        var state = ItemState(items[item])
        if hasEnded(item) { state.phase = .done }
        return state
    }
}
