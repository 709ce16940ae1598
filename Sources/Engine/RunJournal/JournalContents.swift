// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// The combined content of a journal's lines.
struct JournalContents {
    private var blobs: [TargetBlob: Dated<BlobPlace>] = [:]
    private var uploads: [BlobPlace: Dated<UploadSession>] = [:]
    private var items = ArrivedItems()
    /// The number of item lines above the limit. The oldest ones are dropped first.
    private var surplus = 0
    private var mounts: [StoreID: Dated<Bool>] = [:]
    private var choices: [IndexChoice: Dated<Digest>] = [:]

    /// Registries drop open sessions after hours or days, and collect what no manifest lists.
    static let lifeOfUploads: Int64 = 7 * 86_400
    static let lifeOfBlobs: Int64 = 30 * 86_400
    /// The number of blobs that are kept from one run to the next. The newest ones are kept.
    static let mostBlobs = 50_000
    /// The same for choices of platforms. They take about 30 MiB until the run begins.
    static let mostChoices = 100_000

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
            if blobs.count > Self.withSlack(Self.mostBlobs) { blobs.keepNewest(Self.mostBlobs) }
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
        case .choice(let choice, let digest):
            guard Self.isAlive(time, at: now, for: Self.lifeOfBlobs) else { return }
            choices[choice] = Dated(value: digest, time: time)
            if choices.count > Self.withSlack(Self.mostChoices) { choices.keepNewest(Self.mostChoices) }
        }
    }

    /// A quarter more is read before the oldest lines are forgotten. A file may have a line for each blob of a million
    /// images.
    private static func withSlack(_ most: Int) -> Int { most + most / 4 }

    /// Whether a line of that time still counts. Clocks go wrong, so a time in the future counts as long as a time in the
    /// past.
    private static func isAlive(_ time: Int64, at now: Int64, for life: Int64) -> Bool {
        (-life..<life).contains(now.subtracting(saturating: time))
    }

    func upload(at place: BlobPlace) -> UploadSession? { uploads[place]?.value }

    /// What is known of these stores, and of choices of platforms. This object forgets all blobs and choices.
    mutating func takeEarlierRuns(in stores: Set<StoreID>) -> EarlierRuns {
        defer { (blobs, choices) = ([:], [:]) }
        var known = EarlierRuns()
        known.mounts = mounts.filter { stores.contains($0.key) }.mapValues(\.value)
        known.choices = choices.mapValues(\.value)
        for (blob, place) in blobs where stores.contains(blob.store) {
            known.holders.note(blob, in: place.value.repository)
        }
        return known
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
        blobs.keepNewest(Self.mostBlobs)
        choices.keepNewest(Self.mostChoices)
        let blobs = blobs.values.map { (JournalRecord.blob($0.value), $0.time) }
        let uploads = uploads.map { (JournalRecord.upload($0.key, $0.value.value), $0.value.time) }
        let mounts = mounts.map { (JournalRecord.mounts($0, $1.value), $1.time) }
        let choices = choices.map { (JournalRecord.choice($0.key, $0.value.value), $0.value.time) }
        return [blobs, uploads, mounts, choices].joined().sorted { $0.1 < $1.1 }
    }
}

/// What a line says, and the line's time in seconds since 1970.
private struct Dated<Value> {
    var value: Value
    var time: Int64
}

extension Dictionary {
    /// Forgets the oldest values above a number. Among those that are as old as the oldest that is kept, some arbitrary ones
    /// stay.
    fileprivate mutating func keepNewest<Known>(_ most: Int) where Value == Dated<Known> {
        guard count > most else { return }
        let oldest = values.map(\.time).sorted()[count - most]
        var ties = most - values.count { $0.time > oldest }
        self = filter { entry in
            guard entry.value.time == oldest else { return entry.value.time > oldest }
            ties -= 1
            return ties >= 0
        }
    }
}
