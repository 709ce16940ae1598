// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// The combined content of a journal's lines.
struct JournalContents {
    private struct Dated<Value> {
        var value: Value
        var time: Int64
    }

    private var blobs: [TargetBlob: Dated<BlobPlace>] = [:]
    private var uploads: [BlobPlace: Dated<UploadSession>] = [:]
    private var items = ArrivedItems()
    /// The number of item lines above the limit. The oldest ones are dropped first.
    private var surplus = 0
    private var mounts: [StoreID: Dated<Bool>] = [:]

    /// Registries drop open sessions after hours or days, and collect what no manifest lists.
    static let lifeOfUploads: Int64 = 7 * 86_400
    static let lifeOfBlobs: Int64 = 30 * 86_400
    /// The number of blobs that are kept from one run to the next. The newest ones are kept.
    static let mostBlobs = 50_000
    /// This many more blobs are read before the oldest ones are forgotten. A file may have a line for each blob of a
    /// million images.
    private static let slack = 12_500

    /// - Returns: whether a run wrote the line, or possibly a newer version of this program.
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

    /// Among blobs that are as old as the oldest blob that is kept, some arbitrary ones stay.
    private mutating func forgetOldestBlobs() {
        let oldest = blobs.values.map(\.time).sorted()[blobs.count - Self.mostBlobs]
        var ties = Self.mostBlobs - blobs.values.count { $0.time > oldest }
        blobs = blobs.filter { entry in
            guard entry.value.time == oldest else { return entry.value.time > oldest }
            ties -= 1
            return ties >= 0
        }
    }

    /// Whether a line of that time still counts. Clocks go wrong, so a time in the future counts as long as a time in the
    /// past.
    private static func isAlive(_ time: Int64, at now: Int64, for life: Int64) -> Bool {
        (-life..<life).contains(now.subtracting(saturating: time))
    }

    func upload(at place: BlobPlace) -> UploadSession? { uploads[place]?.value }

    /// For each blob of these stores, a repository that has it according to the journal. This object forgets all blobs.
    mutating func takeHolders(in stores: Set<StoreID>) -> PlacedBlobs {
        defer { blobs = [:] }
        return blobs.reduce(into: PlacedBlobs()) { holders, entry in
            if stores.contains(entry.key.store) { holders.note(entry.key, in: entry.value.value.repository) }
        }
    }

    /// Whether these stores mount blobs, for the stores where this is known.
    func mounts(in stores: Set<StoreID>) -> [StoreID: Bool] {
        mounts.filter { stores.contains($0.key) }.mapValues(\.value)
    }

    /// What is known of items. This object forgets it.
    mutating func takeItems() -> ArrivedItems {
        defer { items = ArrivedItems() }
        return items
    }

    /// To be called before `keepsItem` is called for the lines of all files.
    mutating func beginKeeping() { surplus = max(0, items.count - ArrivedItems.most) }

    /// Whether a line is one of an item, and the next file keeps it.
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

    /// Everything except the items as lines, oldest first, without outdated lines and lines above the limits. Gives about
    /// 64 KiB at a time, so that a large journal is not in memory twice.
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
