import DequeModule
import HeapModule
import OCI
import OrderedCollections

/// Works that may start as soon as their lanes have room, and works that wait for their time.
struct ReadyQueue: Sendable {
    /// By priority, then by lanes: one closed or full lane never holds up another.
    private var waiting: [OrderedDictionary<Lanes, Deque<Work>>]
    private var moving: OrderedDictionary<Lanes, BlobQueue> = [:]
    private var delayed = Heap<DelayedWork>()
    private(set) var count = 0

    init() { waiting = Array(repeating: [:], count: WorkPriority.move.rawValue) }

    mutating func append(_ work: Work) {
        let (priority, lanes) = (work.task.priority, work.task.lanes)
        if priority == .move {
            moving[lanes, default: BlobQueue()].append(work)
        } else {
            waiting[priority.rawValue][lanes, default: []].append(work)
        }
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

    /// Everything that waits, in no order.
    var works: [Work] {
        waiting.flatMap { $0.values.flatMap(\.self) } + moving.values.flatMap(\.all) + delayed.unordered.map(\.work)
    }

    /// Takes the first work whose lanes have room; lanes of equal priority take turns.
    ///
    /// - Parameter fits: whether a blob of this many bytes may begin to move.
    mutating func take(where hasRoom: (Lanes, WorkPriority) -> Bool, fits: (Int64) -> Bool) -> Work? {
        for priority in WorkPriority.allCases where priority != .move {
            guard let lanes = waiting[priority.rawValue].keys.first(where: { hasRoom($0, priority) }),
                var queue = waiting[priority.rawValue].removeValue(forKey: lanes)
            else { continue }
            let work = queue.removeFirst()
            if !queue.isEmpty { waiting[priority.rawValue][lanes] = queue }
            count -= 1
            return work
        }
        return takeBlob(where: hasRoom, fits: fits)
    }

    private mutating func takeBlob(where hasRoom: (Lanes, WorkPriority) -> Bool, fits: (Int64) -> Bool) -> Work? {
        let lanes = moving.keys.first { hasRoom($0, .move) && fits(moving[$0]?.nextSize ?? 0) }
        guard let lanes, var queue = moving.removeValue(forKey: lanes) else { return nil }
        let work = queue.removeNext()
        if !queue.isEmpty { moving[lanes] = queue }
        count -= 1
        return work
    }
}

/// Blobs that wait to be moved between two stores: the largest and the smallest take turns.
///
/// A large blob that came last would be what the run waits for at its end, and a small one must not wait for all large
/// ones before it.
struct BlobQueue: Sendable {
    private var works = Heap<SizedWork>()
    private var isLargestNext = true

    var isEmpty: Bool { works.isEmpty }

    /// Bytes of the blob that `removeNext` would give.
    var nextSize: Int64 { (isLargestNext ? works.max : works.min)?.size ?? 0 }

    var all: [Work] { works.unordered.map(\.work) }

    mutating func append(_ work: Work) { works.insert(SizedWork(work)) }

    mutating func removeNext() -> Work {
        defer { isLargestNext.toggle() }
        return (isLargestNext ? works.removeMax() : works.removeMin()).work
    }
}

private struct SizedWork: Comparable {
    let size: Int64
    let work: Work

    init(_ work: Work) {
        self.work = work
        if case .upload(let upload) = work.task { size = upload.descriptor.size } else { size = 0 }
    }

    // Among equals the oldest is the smallest: what has waited longest is never the last.
    static func == (left: Self, right: Self) -> Bool { left.size == right.size && left.work.id == right.work.id }
    static func < (left: Self, right: Self) -> Bool { (left.size, left.work.id) < (right.size, right.work.id) }
}

private struct DelayedWork: Comparable {
    let time: Duration
    let work: Work
    static func == (left: Self, right: Self) -> Bool { left.time == right.time && left.work.id == right.work.id }
    static func < (left: Self, right: Self) -> Bool { (left.time, left.work.id) < (right.time, right.work.id) }
}
