// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A place that content is written to: a registry, a layout folder, memory.
///
/// The caller is responsible for the order: blobs before the manifest that lists them, children before parents, tags last.
/// A blob is visible only after `upload` has returned. An upload that throws leaves nothing visible.
package protocol ContentTarget: ContentSource {
    /// As `summary`, for a caller that keeps existing content. Here a refusal that may hide a manifest is a failure.
    func certainSummary(of selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestSummary?

    /// Whether `certainSummary` sends a second request before it says that nothing is there.
    var confirmsAbsence: Bool { get }

    /// As `referrers`, without manifests that are listed but cannot be read: a copy sends these.
    func readableReferrers(of digest: Digest, in repository: Repository) async throws(ContentFailure)
        -> ManifestContent?

    /// Whether the target returns lists of referrers, but has accepted a manifest with a subject without confirming that it
    /// lists it. Cheap.
    func leavesOutReferrers(in repository: Repository) -> Bool

    /// Asks the target to mount a blob from one of its own repositories, or opens an upload session: one request.
    ///
    /// With `origin` equal to `repository` this asks whether the blob is there already; if it is not, the answer is the session
    /// that the upload needs anyway. A target that refuses this request gets a second one for a plain session, and
    /// `mountRefused` in the answer tells the caller not to ask again.
    func admit(_ descriptor: Descriptor, to repository: Repository, from origin: Repository?)
        async throws(ContentFailure) -> BlobAdmission

    /// Asks the target to mount a blob from a repository that may exist and have it, or opens an upload session.
    ///
    /// Only the answer `present` is meaningful. A target that refuses the guess gets a plain request, and no further
    /// guesses.
    func admit(_ descriptor: Descriptor, to repository: Repository, guessing origin: Repository)
        async throws(ContentFailure) -> BlobAdmission

    /// Whether the target is known to mount every blob that it has. If not, a run finds out whether it does.
    var mountsBlobs: Bool { get }

    /// Sends a blob's bytes into its session and commits it. The session cannot be used afterwards, whatever happens.
    ///
    /// If the bytes do not match the descriptor, `bytes` throws before its last buffer. Then nothing is committed and the
    /// session is cancelled. An error of `bytes` is thrown as a failure of kind `.aborted`.
    func upload(_ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob)
        async throws(ContentFailure)

    /// How the target wants to receive blobs. Cheap. Answers of the target can change it.
    func uploadHabits(for repository: Repository) -> UploadHabits

    /// Ends a session that will not be used. It never fails, because targets eventually drop open sessions themselves.
    func cancel(_ session: UploadSession) async

    /// Finds out whether blobs may be written to the repository. Leaves nothing behind.
    func proveWritable(_ repository: Repository) async throws(ContentFailure)

    /// As `proveWritable`. A session that was opened for it stays open.
    ///
    /// - Returns: that session, for one blob.
    func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession?

    /// Whether the blob is there with the right size: one HEAD.
    func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool

    /// Whether the blob is there with the right size and one of its bytes can be read. Registries answer HEAD from caches that
    /// outlive the content.
    func canRead(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool

    /// Stores the manifest's exact bytes under its digest or a tag, and checks that the target names the same digest.
    func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure)

    /// Whether to try if the target sets several tags with one request. Cheap. The first answer decides.
    var triesTagsTogether: Bool { get }

    /// As `put`, and sets further tags with the same request if the target supports this.
    ///
    /// - Returns: the tags of `tags` that were set. The others have to be put one by one.
    func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag]
}

/// A target that accepts a blob in pieces, each in its own request. Pieces that arrived stay if a later piece fails.
///
/// `uploadHabits` says whether pieces are useful for a repository.
package protocol PiecewiseTarget: ContentTarget {
    /// Sends the next `length` bytes of a blob into its session. They stay there if later ones fail.
    ///
    /// - Returns: the session for the next request.
    func append(_ bytes: BlobStream, length: Int64, to session: UploadSession) async throws(ContentFailure)
        -> UploadSession

    /// Commits the appended bytes as a blob. The target verifies them against the descriptor's digest.
    func commit(_ descriptor: Descriptor, _ session: UploadSession) async throws(ContentFailure)

    /// Asks how many bytes of a session have arrived.
    ///
    /// - Returns: nil if the target no longer knows the session.
    func progress(of session: UploadSession) async throws(ContentFailure) -> UploadSession?
}

// MARK: - What most targets do

/// Most targets refuse no request, have no cache in front of their content, set one tag per request, and can prove write
/// access without a session.
extension ContentTarget {
    package func certainSummary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? { try await summary(of: selector, in: repository) }

    package var confirmsAbsence: Bool { false }

    package func admit(
        _ descriptor: Descriptor, to repository: Repository, guessing origin: Repository
    ) async throws(ContentFailure) -> BlobAdmission {
        switch try await admit(descriptor, to: repository, from: origin) {
        case .present: .present
        case .session(let session, _): .session(session, mountRefused: false)
        }
    }

    /// A local target knows what it has.
    package var mountsBlobs: Bool { true }

    /// A local target accepts whole blobs of any size.
    package func uploadHabits(for repository: Repository) -> UploadHabits { UploadHabits(takesPieces: false) }

    package func readableReferrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? { try await referrers(of: digest, in: repository) }

    package func leavesOutReferrers(in repository: Repository) -> Bool { false }

    package var triesTagsTogether: Bool { false }

    package func canRead(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        try await hasBlob(descriptor, in: repository)
    }

    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag] {
        try await put(manifest, as: mediaType, at: selector, in: repository)
        return []
    }

    /// Opens an upload session as the proof, and ends it.
    package func proveWritable(_ repository: Repository) async throws(ContentFailure) {
        let nothing = Descriptor(mediaType: .octetStream, digest: ContentHash.digest(of: []), size: 0)
        guard case .session(let session, _) = try await admit(nothing, to: repository, from: nil) else { return }
        await cancel(session)
    }

    package func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession? {
        try await proveWritable(repository)
        return nil
    }
}
