// SPDX-License-Identifier: Apache-2.0

package import Content

/// One request to stores, with everything that decides when it is sent. Its plan knows what it asks for.
package protocol StoreRequest: Sendable {
    /// The lanes that it occupies while it runs.
    var lanes: RequestStores { get }
    var priority: RequestPriority { get }
    /// Bytes of the blob that it moves; nil if it moves none.
    var bytesMoved: Int64? { get }
    /// Whether these bytes are in memory while the request waits.
    var holdsBytes: Bool { get }
    /// Registries with a pull quota count it: a GET of a manifest.
    var isPull: Bool { get }
    /// Its answer may say how many pulls are left.
    var mayReportPullAllowance: Bool { get }
    /// Its failure may be an outage of the whole store. False for a request that a store may be unable to answer while
    /// everything else works: the tries of such a request count, and other requests to the store continue.
    var mayIndicateOutage: Bool { get }
    /// The request to send after a failed try.
    var again: Self { get }
}

/// The defaults: the request moves no blob, is not a pull, and is the same for each try.
extension StoreRequest {
    package var bytesMoved: Int64? { nil }
    package var holdsBytes: Bool { false }
    package var isPull: Bool { false }
    package var mayReportPullAllowance: Bool { isPull }
    package var mayIndicateOutage: Bool { true }
    package var again: Self { self }

    /// The store that this is a pull from; nil for a request that is not a pull.
    var pulledStore: StoreID? { isPull ? lanes.store : nil }
    /// The lane whose store may report in its answer how many pulls are left.
    var tellingLane: (store: StoreID, side: TransferSide)? {
        guard mayReportPullAllowance, let store = lanes.store else { return nil }
        return (store, lanes.side)
    }
}

/// Requests that finish an item come first, requests that start one come last. This limits work in flight.
package enum RequestPriority: Int, CaseIterable, Sendable {
    case finish
    /// Bytes that are in memory.
    case deliver
    case share
    case discover
    case begin
    case move

    var movesBytes: Bool { self == .move || self == .deliver }
}

/// A request in the machine, with its history.
package struct Queued<Request: StoreRequest>: Sendable {
    package let id: Int
    package internal(set) var request: Request
    /// The item that the request was first needed for.
    package let item: ItemID
    /// 1 for the first try.
    package internal(set) var attempt = 1
    /// When its store first throttled it.
    var limitedSince: Duration?
    /// Throttled tries. They say nothing about the request itself.
    var refusals = 0
    /// The store's refusals of this request, compared with its other answers; nil: none.
    var refused: RefusalRecord?
    /// Answers with damaged bytes, in the order in which they came.
    var damaged: [ContentFailure] = []

    /// How the source is read.
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
