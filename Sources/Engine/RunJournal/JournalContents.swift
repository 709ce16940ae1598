// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// What the lines of a journal come to.
struct JournalContents {
    private struct Dated<Value> {
        var value: Value
        var time: Int64
    }

    private var blobs: [TargetBlob: Dated<BlobPlace>] = [:]
    private var uploads: [BlobPlace: Dated<UploadSession>] = [:]
    private var items = ArrivedItems()
    /// Lines of items, oldest first, that are more than may be kept.
    private var surplus = 0
    private var mounts: [StoreID: Dated<Bool>] = [:]

    /// Registries drop open sessions after hours or days, and collect what no manifest lists.
    static let lifeOfUploads: Int64 = 7 * 86_400
    static let lifeOfBlobs: Int64 = 30 * 86_400
    /// The newest this many are kept from one run to the next.
    static let mostBlobs = 50_000
    /// So many more are read before the oldest are forgotten: a file may have a line for each blob of a million images.
    private static let slack = 12_500

    /// - Returns: whether a run wrote the line, or something may have that is newer than this program.
    mutating func read(line: some Collection<UInt8>, now: Int64) -> Bool {
        guard let (record, time) = JournalRecord.read(line) else { return JournalRecord.mayBegin(line) }
        add(record, at: time, now: now)
        return true
    }

    mutating func add(_ record: JournalRecord, at time: Int64, now: Int64) {
        switch record {
        case .blob(let place):
            guard Self.isAlive(time, at: now, for: Self.lifeOfBlobs) else { return }
            blobs[TargetBlob(store: place.store, digest: place.digest)] = Dated(value: place, time: time)
            if blobs.count > Self.mostBlobs + Self.slack { forgetOldestBlobs() }
        case .upload(let place, let session):
            guard Self.isAlive(time, at: now, for: Self.lifeOfUploads) else { return }
            uploads[place] = Dated(value: session, time: time)
        case .uploadEnd(let place): uploads.removeValue(forKey: place)
        case .item(let source, let target, _):
            guard Self.isAlive(time, at: now, for: Self.lifeOfBlobs) else { return }
            items.note(source, at: target)
        case .mounts(let store, let answer):
            guard Self.isAlive(time, at: now, for: Self.lifeOfBlobs) else { return }
            mounts[store] = Dated(value: answer, time: time)
        }
    }

    /// Of those that are as old as the oldest one that is kept, some stay: which ones makes no difference.
    private mutating func forgetOldestBlobs() {
        let oldest = blobs.values.map(\.time).sorted()[blobs.count - Self.mostBlobs]
        var ties = Self.mostBlobs - blobs.values.count { $0.time > oldest }
        blobs = blobs.filter { entry in
            guard entry.value.time == oldest else { return entry.value.time > oldest }
            ties -= 1
            return ties >= 0
        }
    }

    /// Whether a line of that time still counts. Clocks go wrong: a time that is to come counts as long as one that is past.
    private static func isAlive(_ time: Int64, at now: Int64, for life: Int64) -> Bool {
        (-life..<life).contains(now.subtracting(saturating: time))
    }

    func upload(at place: BlobPlace) -> UploadSession? { uploads[place]?.value }

    /// A repository for each blob of these stores that is said to have it; all blobs are forgotten here.
    mutating func takeHolders(in stores: Set<StoreID>) -> PlacedBlobs {
        defer { blobs = [:] }
        return blobs.reduce(into: PlacedBlobs()) { holders, entry in
            if stores.contains(entry.key.store) { holders.note(entry.key, in: entry.value.value.repository) }
        }
    }

    /// Of these stores, those of which it is known whether they mount blobs.
    func mounts(in stores: Set<StoreID>) -> [StoreID: Bool] {
        mounts.filter { stores.contains($0.key) }.mapValues(\.value)
    }

    /// What is known of items, which is forgotten here.
    mutating func takeItems() -> ArrivedItems {
        defer { items = ArrivedItems() }
        return items
    }

    /// Before the lines of all files are asked about once more, with `keepsItem`.
    mutating func beginKeeping() { surplus = max(0, items.count - ArrivedItems.most) }

    /// Whether a line that was read is an item's that the next file is to have.
    mutating func keepsItem(of line: some Collection<UInt8>, now: Int64) -> Bool {
        guard case (.item(let source, let target, _), let time)? = JournalRecord.read(line),
            Self.isAlive(time, at: now, for: Self.lifeOfBlobs), items.handOn(source, at: target)
        else { return false }
        guard surplus == 0 else {
            surplus -= 1
            return false
        }
        return true
    }

    /// All but the items as lines, oldest first, without what has been overtaken and what is too much; some 64 KiB at a time,
    /// for the whole of a large one need not be in memory twice.
    mutating func forEachChunk<Failure>(_ take: (String) throws(Failure) -> Void) throws(Failure) {
        var chunk = ""
        for (record, time) in records() {
            chunk += record.line(at: time)
            guard chunk.utf8.count >= 1 << 16 else { continue }
            try take(chunk)
            chunk.removeAll(keepingCapacity: true)
        }
        try take(chunk)
    }

    private mutating func records() -> [(JournalRecord, Int64)] {
        if blobs.count > Self.mostBlobs { forgetOldestBlobs() }
        let blobs = blobs.values.map { (JournalRecord.blob($0.value), $0.time) }
        let uploads = uploads.map { (JournalRecord.upload($0.key, $0.value.value), $0.value.time) }
        let mounts = mounts.map { (JournalRecord.mounts($0, $1.value), $1.time) }
        return [blobs, uploads, mounts].joined().sorted { $0.1 < $1.1 }
    }
}
