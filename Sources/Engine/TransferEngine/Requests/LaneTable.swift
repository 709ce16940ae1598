// SPDX-License-Identifier: Apache-2.0

/// The lanes of a run, one for each store and direction.
struct LaneTable: Sendable {
    private let ceiling: Int
    private var reading: [StoreID: Lane] = [:]
    private var writing: [StoreID: Lane] = [:]

    init(ceiling: Int) { self.ceiling = max(1, ceiling) }

    subscript(reading store: StoreID) -> Lane {
        get { reading[store] ?? Lane(ceiling: ceiling) }
        set { reading[store] = newValue }
    }

    subscript(writing store: StoreID) -> Lane {
        get { writing[store] ?? Lane(ceiling: ceiling) }
        set { writing[store] = newValue }
    }

    subscript(store: StoreID, side: TransferSide) -> Lane {
        get { side == .source ? self[reading: store] : self[writing: store] }
        set { if side == .source { self[reading: store] = newValue } else { self[writing: store] = newValue } }
    }

    func hasRoom(in lanes: RequestStores, for use: LaneUse, now: Duration) -> Bool {
        if let store = lanes.reading, !self[reading: store].hasRoom(for: use, now: now) { return false }
        if let store = lanes.writing, !self[writing: store].hasRoom(for: use, now: now) { return false }
        return true
    }

    mutating func enter(_ lanes: RequestStores, _ use: LaneUse) { change(lanes) { $0.enter(use) } }
    mutating func leave(_ lanes: RequestStores, _ use: LaneUse) { change(lanes) { $0.leave(use) } }

    mutating func succeeded(_ lanes: RequestStores, _ kind: RequestPriority, after latency: Duration, now: Duration) {
        // The duration of a request to two stores does not tell how long each of them took.
        let latency = lanes.areTwo ? nil : latency
        change(lanes) { $0.succeeded(kind, after: latency, now: now) }
    }

    /// This process could not open a file or socket that a request in these lanes needs.
    mutating func refused(_ lanes: RequestStores, begunAt start: Duration, now: Duration) {
        change(lanes) { $0.refused(begunAt: start, now: now) }
    }

    private mutating func change(_ lanes: RequestStores, _ change: (inout Lane) -> Void) {
        if let store = lanes.reading { change(&self[reading: store]) }
        if let store = lanes.writing { change(&self[writing: store]) }
    }

    /// Closes both directions of a store: a limit on requests counts all requests of a client.
    mutating func close(_ store: StoreID, until time: Duration) {
        self[reading: store].close(until: time)
        self[writing: store].close(until: time)
    }

    /// Every store that got a request, both directions together.
    var states: [LaneState] {
        Set(reading.keys).union(writing.keys).map { store in
            let lanes = [reading[store], writing[store]].compactMap(\.self)
            var state = LaneState(
                store, inFlight: lanes.reduce(0) { $0 + $1.running }, limit: lanes.reduce(0) { $0 + $1.limit })
            state.moving = lanes.reduce(0) { $0 + $1.moving }
            state.answers = lanes.reduce(0) { $0 &+ $1.ended }
            return state
        }
    }

    /// When the first closed lane opens after `now`.
    func nextOpening(after now: Duration) -> Duration? {
        [reading, writing].flatMap { $0.values.map(\.closedUntil) }.filter { $0 > now }.min()
    }
}
