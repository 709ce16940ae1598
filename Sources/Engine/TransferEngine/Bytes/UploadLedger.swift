// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI
import Synchronization

/// Keeps what is known of uploads in pieces beyond the life of this process. Called at every piece: must not block long.
package protocol UploadJournal: Sendable {
    /// The upload of a blob that an earlier run left open there.
    func openUpload(at place: BlobPlace) -> UploadSession?
    /// A piece has arrived.
    func note(_ session: UploadSession, at place: BlobPlace)
    /// The upload ended, well or not: its session is of no use any more.
    func noteEnd(at place: BlobPlace)
}

/// Uploads that can be continued: those of this run, with their hashes, and those that an earlier one left.
final class UploadLedger: Sendable {
    struct OpenUpload: Sendable {
        var session: UploadSession
        /// Up to the last acknowledged byte; nil where an earlier run sent the bytes before.
        var hash: ContentHash?
    }

    private let uploads = Mutex<[BlobPlace: OpenUpload]>([:])
    let journal: (any UploadJournal)?

    init(_ journal: (any UploadJournal)?) { self.journal = journal }

    func openUpload(at place: BlobPlace) -> OpenUpload? {
        uploads.withLock { $0[place] } ?? journal?.openUpload(at: place).map { OpenUpload(session: $0, hash: nil) }
    }

    func keep(_ upload: OpenUpload, at place: BlobPlace) {
        uploads.withLock { $0[place] = upload }
        journal?.note(upload.session, at: place)
    }

    func forget(_ place: BlobPlace) {
        uploads.withLock { $0[place] = nil }
        journal?.noteEnd(at: place)
    }

    /// The uploads nobody will continue, for they are in no journal.
    func takeAbandoned() -> [(BlobPlace, UploadSession)] {
        guard journal == nil else { return [] }
        return uploads.withLock { uploads in
            defer { uploads = [:] }
            return uploads.map { ($0.key, $0.value.session) }
        }
    }
}
