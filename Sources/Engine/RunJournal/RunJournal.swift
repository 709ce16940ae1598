// SPDX-License-Identifier: Apache-2.0

package import Content
import Files
package import OCI
import Synchronization
package import TransferEngine

/// Records for the next run: where blobs are, which uploads are open and how far they got, and which items arrived.
///
/// A file of JSON lines, readable by its user only. Every run writes to its own file: the named one or, while another run
/// uses that file, the same name with a number. A run takes over the lines of all files whose run has ended.
package final class RunJournal: Sendable {
    private struct State {
        var file: JournalFile
        var contents: JournalContents
        var noted = RecentLines()
        var failure: JournalError?
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Int64

    /// The largest number of runs on one machine that write at the same time.
    private static let mostFiles = 64

    /// - Parameters:
    ///   - path: its folder must exist.
    ///   - now: seconds since 1970.
    package init(_ path: String, now: @escaping @Sendable () -> Int64) throws(JournalError) {
        var files: [JournalFile] = []
        var contents = JournalContents()
        let time = now()
        for name in Self.names(path) {
            if !files.isEmpty, !Files.exists(name) { continue }
            guard let file = try JournalFile(locking: name) else { continue }
            try Self.read(file, into: &contents, now: time)
            files.append(file)
        }
        guard let own = files.first else {
            throw JournalError("share", path, because: "\(Self.mostFiles) other runs keep one there")
        }
        let file = try own.replaced(with: &contents, itemsOf: files, now: time)
        for other in files.dropFirst() { other.remove() }
        self.now = now
        state = Mutex(State(file: file, contents: contents))
    }

    private static func names(_ path: String) -> [String] {
        (0..<mostFiles).map { $0 == 0 ? path : "\(path).\($0)" }
    }

    /// - Throws: also if the file is not a journal. It may be a file of the user, and a journal would replace it.
    private static func read(
        _ file: JournalFile, into contents: inout JournalContents, now: Int64
    ) throws(JournalError) {
        var (isJournal, hasOther) = (false, false)
        do throws(FileProblem) {
            try file.forEachLine { line in
                if contents.read(line: line, now: now) {
                    isJournal = true
                } else {
                    // A power failure may leave zeros.
                    hasOther = hasOther || line.contains { ![0, 9, 13, 32].contains($0) }
                }
            }
        } catch {
            throw JournalError(error)
        }
        guard isJournal || !hasOther else {
            throw JournalError("use", file.path, because: "the file has something else; it was left as it is")
        }
    }

    /// What earlier runs found out, for a run that writes to these stores. May be called once, because the journal forgets
    /// its blobs and choices then.
    package func takeEarlierRuns(in stores: Set<StoreID>) -> EarlierRuns {
        state.withLock { $0.contents.takeEarlierRuns(in: stores) }
    }

    /// The same for a run that leaves nothing behind. The files of the journal are not changed.
    ///
    /// - Throws: if a file cannot be read, or is not a journal.
    package static func earlierRuns(
        in stores: Set<StoreID>, reading path: String, now: Int64
    ) throws(JournalError) -> EarlierRuns {
        var contents = JournalContents()
        for name in names(path) where Files.exists(name) {
            try read(JournalFile(reading: name), into: &contents, now: now)
        }
        return contents.takeEarlierRuns(in: stores)
    }

    /// How many of these copies, each from a source to a target, an earlier run made. May be called once. The journal
    /// forgets its items then, because they are its largest part and the run does not need them.
    package func countArrived(_ copies: some Sequence<(String, String)>) -> Int {
        let items = state.withLock { $0.contents.takeItems() }
        return copies.reduce(0) { $0 + (items.contains($1.0, at: $1.1) ? 1 : 0) }
    }

    /// Why lines could not be written; nil if all were. The run goes on, and the next run knows less.
    package var failure: String? { state.withLock { $0.failure?.description } }

    package func noteBlob(at place: BlobPlace) {
        state.withLock { state in
            guard state.noted.insert(TargetBlob(store: place.store, digest: place.digest)) else { return }
            append(.blob(place), &state)
        }
    }

    package func noteMounts(_ mounts: Bool, in store: StoreID) {
        state.withLock { append(.mounts(store, mounts), &$0) }
    }

    package func note(_ digest: Digest, chosenBy choice: IndexChoice) {
        state.withLock { state in
            guard state.noted.insert(choice) else { return }
            append(.choice(choice, digest), &state)
        }
    }

    package func noteItem(_ source: String, at target: String, _ digest: Digest) {
        state.withLock { append(.item(source: source, target: target, digest), &$0) }
    }

    private func append(_ record: JournalRecord, _ state: inout State) {
        do throws(JournalError) { try state.file.append(record.line(at: now())) } catch {
            state.failure = state.failure ?? error
        }
    }
}

/// Blobs and choices that recently got a line. What is forgotten here gets another line.
private struct RecentLines {
    private var hashes = [Int](repeating: 0, count: 1 << 16)

    /// - Returns: whether it has no known line yet.
    mutating func insert(_ subject: some Hashable) -> Bool {
        let hash = subject.hashValue
        defer { hashes[hash & (hashes.count - 1)] = hash }
        return hashes[hash & (hashes.count - 1)] != hash
    }
}

extension RunJournal: UploadJournal {
    package func openUpload(at place: BlobPlace) -> UploadSession? {
        state.withLock { $0.contents.upload(at: place) }
    }

    package func note(_ session: UploadSession, at place: BlobPlace) {
        state.withLock { append(.upload(place, session), &$0) }
    }

    package func noteEnd(at place: BlobPlace) {
        state.withLock { state in
            append(.uploadEnd(place), &state)
            let time = now()
            state.contents.add(.uploadEnd(place), at: time, now: time)
        }
    }
}

/// Writes down what happens in a run, and passes it on.
package struct JournalingObserver: TransferObserver {
    let journal: RunJournal
    /// The names of an item's source and target, as the next run will use them.
    let names: @Sendable (ItemID) -> (source: String, target: String)
    let next: any TransferObserver

    package init(
        _ journal: RunJournal, names: @escaping @Sendable (ItemID) -> (source: String, target: String),
        next: any TransferObserver
    ) {
        self.journal = journal
        self.names = names
        self.next = next
    }

    package func receive(_ event: TransferEvent) async {
        switch event {
        case .blobPlaced(_, let blob, _, let store, let repository):
            journal.noteBlob(at: BlobPlace(store: store, repository: repository, digest: blob.digest))
        case .mountsLearned(let store, let mounts): journal.noteMounts(mounts, in: store)
        case .chosen(let digest, let choice): journal.note(digest, chosenBy: choice)
        case .itemFinished(let report):
            if case .copied(let digest) = report.outcome {
                let (source, target) = names(report.item)
                journal.noteItem(source, at: target, digest)
            }
        default: break
        }
        await next.receive(event)
    }
}
