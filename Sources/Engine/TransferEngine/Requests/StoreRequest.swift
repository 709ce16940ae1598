// SPDX-License-Identifier: Apache-2.0

package import Content

/// One request to stores, as far as it matters when it is sent: what it asks for is the business of the plan that it belongs to.
package protocol StoreRequest: Sendable {
    /// The stores whose places it takes while it runs.
    var lanes: RequestStores { get }
    var priority: RequestPriority { get }
    /// Bytes of the blob that it moves; nil where it moves none.
    var bytesMoved: Int64? { get }
    /// Registries with a pull quota count it: a GET of a manifest.
    var isPull: Bool { get }
    /// Its answer may say how many pulls are left.
    var mayReportPullAllowance: Bool { get }
    /// Its failure may be that of the whole store. False for a question that a store may be unable to answer while it does all
    /// else: the tries of such a question count, and the store goes on being asked.
    var mayIndicateOutage: Bool { get }
    /// The same once more, after a try that failed.
    var again: Self { get }
}

/// A request that moves no blob, counts as no pull, and is the same each time, unless it says otherwise.
extension StoreRequest {
    package var bytesMoved: Int64? { nil }
    package var isPull: Bool { false }
    package var mayReportPullAllowance: Bool { isPull }
    package var mayIndicateOutage: Bool { true }
    package var again: Self { self }

    /// The store that this is a pull from; nil for a request that is no pull.
    var pulledStore: StoreID? { isPull ? lanes.store : nil }
    /// The lane whose store may say in its answer how many pulls are left.
    var tellingLane: (store: StoreID, side: TransferSide)? {
        guard mayReportPullAllowance, let store = lanes.store else { return nil }
        return (store, lanes.side)
    }
}

/// Requests that finish an item come first, requests that start one come last. This limits work in flight.
package enum RequestPriority: Int, CaseIterable, Sendable {
    case finish
    case share
    case discover
    case begin
    case move
}

/// A request in the machine: what it is, and how it went so far.
package struct Queued<Request: StoreRequest>: Sendable {
    package let id: Int
    package internal(set) var request: Request
    /// The item on whose behalf it is sent first.
    package let item: ItemID
    /// 1 for the first try.
    package internal(set) var attempt = 1
    /// When its store first throttled it.
    var limitedSince: Duration?
    /// Tries that its store refused for that: they say nothing about the request itself.
    var refusals = 0
    /// The store's refusals beside its other answers; nil: none.
    var refused: RefusalRecord?
    /// Answers whose bytes were not what they should be, in the order they came.
    var damaged: [ContentFailure] = []

    /// How its source is asked.
    package var policy: ReadPolicy { damaged.isEmpty ? .normal : .reload }
}

/// The one or two lanes that a request runs in.
package struct RequestStores: Hashable, Sendable {
    package var reading: StoreID?
    package var writing: StoreID?

    package init(reading: StoreID? = nil, writing: StoreID? = nil) {
        self.reading = reading
        self.writing = writing
    }

    /// The lane of one store.
    init(_ store: StoreID, _ side: TransferSide) {
        if side == .source { reading = store } else { writing = store }
    }

    subscript(side: TransferSide) -> StoreID? { side == .source ? reading : writing }

    /// The store of a request that has only one.
    var store: StoreID? { reading ?? writing }
    var side: TransferSide { reading == nil ? .target : .source }
    /// Each once.
    var all: [StoreID] { [reading, writing == reading ? nil : writing].compactMap(\.self) }
    var areTwo: Bool { reading != nil && writing != nil }
}
