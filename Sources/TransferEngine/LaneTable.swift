import DequeModule
import HeapModule
import OrderedCollections

/// The one or two lanes a work runs in.
struct Lanes: Hashable {
    var reading: StoreID?
    var writing: StoreID?
}

/// How many requests each store is asked at once, for reading and for writing, and when it may be asked again.
///
/// Moving bytes never takes a lane's last places, so that small requests are answered beside them.
struct LaneTable {
    struct Lane {
        var running = 0
        var moving = 0
        var closedUntil: Duration = .zero
    }

    let limit: Int
    private var reading: [StoreID: Lane] = [:]
    private var writing: [StoreID: Lane] = [:]

    init(limit: Int) { self.limit = max(1, limit) }

    /// Places of a lane that blobs may take.
    private var movingLimit: Int { max(1, limit - limit / 4) }

    func hasRoom(for lanes: Lanes, moving: Bool, now: Duration) -> Bool {
        [lanes.reading.map { reading[$0] ?? Lane() }, lanes.writing.map { writing[$0] ?? Lane() }].allSatisfy {
            guard let lane = $0 else { return true }
            return lane.closedUntil <= now && lane.running < limit && (!moving || lane.moving < movingLimit)
        }
    }

    mutating func enter(_ lanes: Lanes, moving: Bool) { change(lanes, moving: moving, by: 1) }
    mutating func leave(_ lanes: Lanes, moving: Bool) { change(lanes, moving: moving, by: -1) }

    private mutating func change(_ lanes: Lanes, moving: Bool, by step: Int) {
        if let store = lanes.reading { reading[store, default: Lane()].add(step, moving: moving) }
        if let store = lanes.writing { writing[store, default: Lane()].add(step, moving: moving) }
    }

    /// Closes both directions of a store: a registry that slows down does so for all requests of a client.
    mutating func close(_ store: StoreID, until: Duration) {
        reading[store, default: Lane()].close(until)
        writing[store, default: Lane()].close(until)
    }

    /// When the first closed lane opens after `now`.
    func nextOpening(after now: Duration) -> Duration? {
        [reading, writing].flatMap { $0.values.map(\.closedUntil) }.filter { $0 > now }.min()
    }
}

extension LaneTable.Lane {
    fileprivate mutating func add(_ step: Int, moving isMoving: Bool) {
        running += step
        if isMoving { moving += step }
    }

    fileprivate mutating func close(_ until: Duration) { closedUntil = max(closedUntil, until) }
}

/// Works that may start as soon as their lanes have room, and works that wait for their time.
struct ReadyQueue {
    /// By priority, then by lanes: one closed or full lane never holds up another.
    private var waiting: [OrderedDictionary<Lanes, Deque<Work>>]
    private var delayed = Heap<DelayedWork>()
    private(set) var count = 0

    init() { waiting = Array(repeating: [:], count: WorkPriority.allCases.count) }

    mutating func append(_ work: Work) {
        waiting[work.task.priority.rawValue][work.task.lanes, default: []].append(work)
        count += 1
    }

    mutating func append(_ work: Work, notBefore time: Duration) {
        delayed.insert(DelayedWork(time: time, work: work))
        count += 1
    }

    var nextDue: Duration? { delayed.min?.time }

    /// Moves what has become due among the waiting.
    mutating func wake(now: Duration) {
        while let first = delayed.min, first.time <= now {
            count -= 1
            append(delayed.removeMin().work)
        }
    }

    /// Takes the first work whose lanes have room; lanes of equal priority take turns.
    mutating func take(where hasRoom: (Lanes, Bool) -> Bool) -> Work? {
        for priority in WorkPriority.allCases {
            let lanes = waiting[priority.rawValue].keys.first { hasRoom($0, priority == .move) }
            guard let lanes, var queue = waiting[priority.rawValue].removeValue(forKey: lanes) else { continue }
            let work = queue.removeFirst()
            if !queue.isEmpty { waiting[priority.rawValue][lanes] = queue }
            count -= 1
            return work
        }
        return nil
    }
}

private struct DelayedWork: Comparable {
    let time: Duration
    let work: Work
    static func == (left: Self, right: Self) -> Bool { left.time == right.time && left.work.id == right.work.id }
    static func < (left: Self, right: Self) -> Bool { (left.time, left.work.id) < (right.time, right.work.id) }
}
