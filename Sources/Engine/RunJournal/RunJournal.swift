// SPDX-License-Identifier: Apache-2.0

package import Content
import Files
package import OCI
import Synchronization
package import TransferEngine

/// What runs leave for the next one: where blobs are, which uploads are open and how far they got, which items arrived.
///
/// A file of JSON lines, readable by its user only. Every run writes to a file of its own: the one that was named, or,
/// while another run has that, the same name with a number. What dead runs left in any of them is taken over.
package final class RunJournal: Sendable {
    private struct State {
        var file: JournalFile
        var contents: JournalContents
        var noted = NotedBlobs()
        var failure: JournalError?
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Int64

    /// Runs on one machine that write at the same time, at most.
    private static let mostFiles = 64

    /// - Parameters:
    ///   - path: its folder must be there.
    ///   - now: seconds since 1970.
    package init(_ path: String, now: @escaping @Sendable () -> Int64) throws(JournalError) {
        var files: [JournalFile] = []
        var contents = JournalContents()
        let time = now()
        for number in 0..<Self.mostFiles {
            let name = number == 0 ? path : "\(path).\(number)"
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

    /// - Throws: also where the file has something else: its place is taken by a new one, and it may be the user's own.
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

    /// A repository for each blob of these stores that an earlier run saw it in. To be asked once: what is known of blobs is
    /// forgotten then.
    package func takeHolders(in stores: Set<StoreID>) -> PlacedBlobs {
        state.withLock { $0.contents.takeHolders(in: stores) }
    }

    /// Of these stores, those of which an earlier run found out whether they mount blobs.
    package func mounts(in stores: Set<StoreID>) -> [StoreID: Bool] {
        state.withLock { $0.contents.mounts(in: stores) }
    }

    /// How many of these copies, each from a source to a target, an earlier run made. To be asked once: what is known of
    /// them is forgotten then, for it is the largest part of a journal and no use to the run itself.
    package func countArrived(_ copies: some Sequence<(String, String)>) -> Int {
        let items = state.withLock { $0.contents.takeItems() }
        return copies.reduce(0) { $0 + (items.contains($1.0, at: $1.1) ? 1 : 0) }
    }

    /// Why lines could not be written, if they could not: the run goes on, the next one will know less.
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

    package func noteItem(_ source: String, at target: String, _ digest: Digest) {
        state.withLock { append(.item(source: source, target: target, digest), &$0) }
    }

    private func append(_ record: JournalRecord, _ state: inout State) {
        do throws(JournalError) { try state.file.append(record.line(at: now())) } catch {
            state.failure = state.failure ?? error
        }
    }
}

/// Blobs that got a line lately: no more than the next run keeps, whatever this one brings. A blob that is forgotten here gets
/// one more line.
private struct NotedBlobs {
    private var hashes = [Int](repeating: 0, count: 1 << 16)

    /// - Returns: whether it has none that is known.
    mutating func insert(_ blob: TargetBlob) -> Bool {
        let hash = blob.hashValue
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
    /// The names of an item's two ends, as the next run will call them.
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
