// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A place that content is written to: a registry, a layout folder, memory.
///
/// The caller keeps the order: blobs before the manifest that lists them, children before parents, tags last. A blob is visible
/// only after `upload` has returned. An upload that throws leaves nothing visible.
package protocol ContentTarget: ContentSource {
    /// As `summary`, for a caller that leaves existing content alone: a refusal that may hide a manifest is a failure here.
    func certainSummary(of selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestSummary?

    /// Whether `certainSummary` sends a second request before it says that nothing is there.
    var confirmsAbsence: Bool { get }

    /// As `referrers`, without those whose manifests are listed and cannot be read: a copy sends these.
    func readableReferrers(of digest: Digest, in repository: Repository) async throws(ContentFailure)
        -> ManifestContent?

    /// Whether the target answers the question for lists of referrers, and has taken a manifest that refers to another one without
    /// saying that it lists it. Cheap.
    func leavesOutReferrers(in repository: Repository) -> Bool

    /// Asks the target to mount a blob from one of its own repositories, or opens an upload session: one request.
    ///
    /// With `origin` equal to `repository` this asks whether the blob is there already; if it is not, the answer is the session
    /// that the upload needs anyway. A target that refuses the question gets a second request for a plain session, and
    /// `mountRefused` of the answer tells the caller to stop asking.
    func admit(_ descriptor: Descriptor, to repository: Repository, from origin: Repository?)
        async throws(ContentFailure) -> BlobAdmission

    /// Asks the target to mount a blob from a repository that may be there and have it, or opens an upload session.
    ///
    /// Nothing but the answer "present" says anything. A target that refuses the guess gets a plain request, and no further guesses.
    func admit(_ descriptor: Descriptor, to repository: Repository, guessing origin: Repository)
        async throws(ContentFailure) -> BlobAdmission

    /// Whether the target is known to mount every blob that it has; otherwise a run finds out.
    var mountsBlobs: Bool { get }

    /// Sends a blob's bytes into its session and commits it. The session cannot be used afterwards, whatever happens.
    ///
    /// `bytes` throws before its last buffer if the bytes are not those of the descriptor: then nothing is committed and the
    /// session is cancelled. An error of `bytes` is thrown as a failure of kind `.aborted`.
    func upload(_ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob)
        async throws(ContentFailure)

    /// How the target wants to receive blobs. Cheap. Answers of the target can change it.
    func uploadHabits(for repository: Repository) -> UploadHabits

    /// Ends a session that will not be used. Never fails: a target drops an open session by itself some day.
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

    /// Whether a request is spent on finding out if the target sets several tags at once. Cheap. The first answer tells.
    var triesTagsTogether: Bool { get }

    /// As `put`, and sets further tags with the same request where the target can do that.
    ///
    /// - Returns: those of `tags` that were set. The others have to be put one by one.
    func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag]
}

/// A target that can take a blob in pieces, each in a request of its own. What arrived stays when a later piece fails.
///
/// Whether it wants them is another question, which its `uploadHabits` answer.
package protocol PiecewiseTarget: ContentTarget {
    /// Sends the next `length` bytes of a blob into its session, where they stay when later ones fail.
    ///
    /// - Returns: the session as it goes on from there.
    func append(_ bytes: BlobStream, length: Int64, to session: UploadSession) async throws(ContentFailure)
        -> UploadSession

    /// Makes a blob of what was appended: the target checks it against the descriptor's digest.
    func commit(_ descriptor: Descriptor, _ session: UploadSession) async throws(ContentFailure)

    /// Asks how far a session got.
    ///
    /// - Returns: nil where the target no longer knows the session.
    func progress(of session: UploadSession) async throws(ContentFailure) -> UploadSession?
}

// MARK: - What most targets do

/// Most targets refuse no question, have no cache before their content, set one tag at a time, and prove that they can be written to
/// without a session.
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

    /// A target with no network before it knows what it has.
    package var mountsBlobs: Bool { true }

    /// A target with no network before it takes blobs whole, of any size.
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

    /// Opens an upload session, which proves it, and ends the session.
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
