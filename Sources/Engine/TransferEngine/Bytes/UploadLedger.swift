// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI
import Synchronization

/// Stores the state of uploads in pieces, so that it outlives this process. Called for every piece, so it must not block
/// for long.
package protocol UploadJournal: Sendable {
    /// The upload of a blob that an earlier run left open in this repository.
    func openUpload(at place: BlobPlace) -> UploadSession?
    /// A piece has arrived.
    func note(_ session: UploadSession, at place: BlobPlace)
    /// The upload succeeded or failed, and its session cannot be used again.
    func noteEnd(at place: BlobPlace)
}

/// Uploads that can be continued: those of this run, with their hashes, and those of an earlier run.
final class UploadLedger: Sendable {
    struct OpenUpload: Sendable {
        var session: UploadSession
        /// The hash up to the last acknowledged byte; nil if an earlier run sent those bytes.
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

    /// The uploads that no run will continue, because no journal has them.
    func takeAbandoned() -> [(BlobPlace, UploadSession)] {
        guard journal == nil else { return [] }
        return uploads.withLock { uploads in
            defer { uploads = [:] }
            return uploads.map { ($0.key, $0.value.session) }
        }
    }
}
