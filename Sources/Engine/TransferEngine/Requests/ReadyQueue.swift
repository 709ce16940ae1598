// SPDX-License-Identifier: Apache-2.0

import DequeModule
import HeapModule
import OrderedCollections

/// Requests that may start as soon as their lanes have room, and requests that wait for a point in time.
struct ReadyQueue<Request: StoreRequest>: Sendable {
    /// Requests that wait for the same lanes. Either all of them are pulls, or none is.
    struct Line: Hashable, Sendable {
        var lanes: RequestStores
        var isPull: Bool

        init(of request: Request) { (lanes, isPull) = (request.lanes, request.isPull) }

        /// The store that the requests are pulls from; nil for other requests.
        var pulledStore: StoreID? { isPull ? lanes.store : nil }
    }

    /// By priority, then by line. A closed or full lane never blocks another one, and pulls block only pulls.
    private var waiting: [OrderedDictionary<Line, Deque<Queued<Request>>>]
    private var moving: OrderedDictionary<Line, BlobQueue<Request>> = [:]
    private var delayed = Heap<DelayedRequest<Request>>()
    private(set) var count = 0

    init() { waiting = Array(repeating: [:], count: RequestPriority.move.rawValue) }

    mutating func append(_ queued: Queued<Request>) {
        let (priority, line) = (queued.request.priority, Line(of: queued.request))
        if priority == .move {
            moving[line, default: BlobQueue()].append(queued)
        } else {
            waiting[priority.rawValue][line, default: []].append(queued)
        }
        count += 1
    }

    mutating func append(_ queued: Queued<Request>, notBefore time: Duration) {
        delayed.insert(DelayedRequest(time: time, queued: queued))
        count += 1
    }

    var nextDue: Duration? { delayed.min?.time }

    /// Moves requests whose time has come to the waiting ones.
    mutating func wake(now: Duration) {
        while let first = delayed.min, first.time <= now {
            count -= 1
            append(delayed.removeMin().queued)
        }
    }

    /// All waiting requests, in no particular order.
    var all: [Queued<Request>] {
        waiting.flatMap { $0.values.flatMap(\.self) } + moving.values.flatMap(\.all) + delayed.unordered.map(\.queued)
    }

    /// Takes the first request whose line may send one; lines of equal priority take turns.
    ///
    /// - Parameter fits: whether a blob of this many bytes may begin to move.
    mutating func take(where maySend: (Line, LaneUse) -> Bool, fits: (Int64) -> Bool) -> Queued<Request>? {
        for priority in RequestPriority.allCases where priority != .move {
            guard let line = waiting[priority.rawValue].keys.first(where: { maySend($0, .smallRequest) }),
                var queue = waiting[priority.rawValue].removeValue(forKey: line)
            else { continue }
            let queued = queue.removeFirst()
            if !queue.isEmpty { waiting[priority.rawValue][line] = queue }
            count -= 1
            return queued
        }
        return takeBlob(where: maySend, fits: fits)
    }

    private mutating func takeBlob(
        where maySend: (Line, LaneUse) -> Bool, fits: (Int64) -> Bool
    ) -> Queued<Request>? {
        for line in moving.keys {
            guard let turn = moving[line]?.turn(where: { maySend(line, $0) }), fits(moving[line]?.size(of: turn) ?? 0),
                var queue = moving.removeValue(forKey: line)
            else { continue }
            let queued = queue.remove(turn)
            if !queue.isEmpty { moving[line] = queue }
            count -= 1
            return queued
        }
        return nil
    }
}

/// Blobs that wait to be moved between two stores. The largest and the smallest blob are taken alternately.
///
/// If a large blob came last, the whole run would wait for it, and a small blob must not wait for all large ones.
struct BlobQueue<Request: StoreRequest>: Sendable {
    enum Turn: Sendable {
        case largest
        case smallest
    }

    private var blobs = Heap<SizedRequest<Request>>()
    private var next = Turn.largest

    var isEmpty: Bool { blobs.isEmpty }

    /// Whose turn it is. Where a large blob may not be sent, a small one may.
    func turn(where maySend: (LaneUse) -> Bool) -> Turn? {
        if let blob = blob(next), maySend(blob.queued.request.laneUse) { return next }
        if let blob = blob(.smallest), maySend(blob.queued.request.laneUse) { return .smallest }
        return nil
    }

    /// Bytes.
    func size(of turn: Turn) -> Int64 { blob(turn)?.size ?? 0 }

    private func blob(_ turn: Turn) -> SizedRequest<Request>? { turn == .largest ? blobs.max : blobs.min }

    var all: [Queued<Request>] { blobs.unordered.map(\.queued) }

    mutating func append(_ queued: Queued<Request>) { blobs.insert(SizedRequest(queued)) }

    mutating func remove(_ turn: Turn) -> Queued<Request> {
        next = turn == .largest ? .smallest : .largest
        return (turn == .largest ? blobs.removeMax() : blobs.removeMin()).queued
    }
}

private struct SizedRequest<Request: StoreRequest>: Comparable {
    let size: Int64
    let queued: Queued<Request>

    init(_ queued: Queued<Request>) {
        self.queued = queued
        size = queued.request.bytesMoved ?? 0
    }

    // Among blobs of equal size the oldest counts as the smallest, so that the longest waiting blob is never the last.
    static func == (left: Self, right: Self) -> Bool { left.size == right.size && left.queued.id == right.queued.id }
    static func < (left: Self, right: Self) -> Bool { (left.size, left.queued.id) < (right.size, right.queued.id) }
}

private struct DelayedRequest<Request: StoreRequest>: Comparable {
    let time: Duration
    let queued: Queued<Request>
    static func == (left: Self, right: Self) -> Bool { left.time == right.time && left.queued.id == right.queued.id }
    static func < (left: Self, right: Self) -> Bool { (left.time, left.queued.id) < (right.time, right.queued.id) }
}
