// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Which manifest of a repository is meant.
package enum ManifestSelector: Hashable, Sendable, CustomStringConvertible {
    case tag(Tag)
    case digest(Digest)

    package var description: String {
        switch self {
        case .tag(let tag): tag.name
        case .digest(let digest): digest.text
        }
    }

    package var isDigest: Bool { if case .digest = self { true } else { false } }
}

/// A manifest as it was fetched: its exact bytes and the digest computed from them.
package struct ManifestContent: Sendable, Hashable {
    /// Sent on unchanged, always.
    package let bytes: [UInt8]
    /// What it was served as; the body may say more (`OCI.Manifest`).
    package let mediaType: MediaType
    /// Computed over `bytes` by the store that fetched them, never taken from a header.
    package let digest: Digest

    package init(bytes: [UInt8], mediaType: MediaType, digest: Digest) {
        self.bytes = bytes
        self.mediaType = mediaType
        self.digest = digest
    }

    /// An image index of our own making.
    package init(index document: JSON) {
        let bytes = Array(document.text.utf8)
        self.init(bytes: bytes, mediaType: .ociIndex, digest: ContentHash.digest(of: bytes))
    }
}

/// What a store says about a manifest without sending it.
package struct ManifestSummary: Sendable, Hashable {
    package let digest: Digest
    package let mediaType: MediaType
    /// Bytes, where the store said.
    package let size: Int64?

    package init(digest: Digest, mediaType: MediaType, size: Int64?) {
        self.digest = digest
        self.mediaType = mediaType
        self.size = size
    }
}

/// How a store is asked to read.
package enum ReadPolicy: Sendable, Hashable {
    /// Whatever is quickest.
    case normal
    /// On a connection of its own and past every cache: what came before was damaged on its way.
    case reload
}

/// A place content is read from: a registry, a layout folder, memory.
///
/// Every method may be called from many tasks at once. A failure says whether trying again makes sense; stores do not
/// repeat requests themselves, except once with a fresh token after a refused one.
package protocol ContentSource: Sendable {
    /// Whether the store is asked over a network, where the first request has to find out how.
    var isRemote: Bool { get }

    /// Gets what reading a repository takes, such as a connection and a token, before anything of it is asked for.
    func prepareReading(_ repository: Repository) async throws(ContentFailure)

    /// What the tag or digest names, without fetching it. Does not count as a pull on registries that count them.
    ///
    /// - Returns: nil where there is no such manifest. Where the store cannot tell the digest without fetching, it fetches.
    func summary(of selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestSummary?

    /// The manifest's exact bytes, bounded in size; for a digest, checked against it; for a tag, confirmed by a second
    /// statement of the store where the way to it can damage bytes.
    func manifest(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestContent

    /// As above, for a caller that was given damaged bytes before.
    func manifest(_ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy)
        async throws(ContentFailure) -> ManifestContent

    /// Opens a part of a blob for reading, or all of it (`0..<descriptor.size`).
    ///
    /// The bytes are not verified: wrap them in `VerifiedBlob`. Nothing is read ahead beyond a receive buffer; dropping
    /// the stream ends the transfer.
    ///
    /// - Returns: the stream and the offset it starts at: that of `range`, or 0 where the store ignores ranges; then the
    ///   stream goes on to the blob's end.
    func blob(_ descriptor: Descriptor, in repository: Repository, range: Range<Int64>) async throws(ContentFailure)
        -> OpenBlob

    /// As above, for a caller that was given damaged bytes before.
    func blob(_ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy)
        async throws(ContentFailure) -> OpenBlob

    /// The manifests whose subject this one is, as an index; nil where the store keeps no such list.
    func referrers(of digest: Digest, in repository: Repository) async throws(ContentFailure) -> ManifestContent?

    /// Whether `referrers` sends a request for this repository: a store that turned out to keep no lists is not asked again. Cheap.
    func asksForReferrers(in repository: Repository) -> Bool

    /// What the store last said of pulls that are left; nil where it does not count them. Cheap.
    func pullAllowance() -> PullAllowance?

    /// The repository's tags, in the store's order, all pages.
    func tags(in repository: Repository) async throws(ContentFailure) -> [Tag]

    /// Those of the repository's tags that are wanted.
    ///
    /// - Parameter most: pages that are read; where there are more, the list is not known.
    func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags
}

/// What the first pages of a list of tags have.
package struct ListedTags: Sendable {
    /// nil where there are more pages than were read.
    package var tags: [Tag]?
    /// Requests that this took.
    package var pages: Int

    package init(tags: [Tag]?, pages: Int) {
        self.tags = tags
        self.pages = pages
    }
}

extension ContentSource {
    /// Opens a blob for reading from `offset` on, which is less than its size, or 0.
    package func blob(
        _ descriptor: Descriptor, in repository: Repository, from offset: Int64
    ) async throws(ContentFailure) -> OpenBlob {
        try await blob(descriptor, in: repository, range: offset..<max(offset, descriptor.size))
    }
}

/// Most stores have neither connections nor caches between them and their content.
extension ContentSource {
    package var isRemote: Bool { false }

    package func prepareReading(_: Repository) async throws(ContentFailure) {}

    package func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags {
        ListedTags(tags: try await tags(in: repository).filter(isWanted), pages: 1)
    }

    package func manifest(
        _ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy
    ) async throws(ContentFailure) -> ManifestContent {
        try await manifest(selector, in: repository)
    }

    package func blob(
        _ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy
    ) async throws(ContentFailure) -> OpenBlob {
        try await blob(descriptor, in: repository, range: range)
    }
}

/// How many manifests may still be fetched from a store that counts them.
package struct PullAllowance: Sendable, Hashable {
    package var remaining: Int
    /// Pulls in each window, where the store says.
    package var limit: Int?
    package var window: Duration

    package init(remaining: Int, limit: Int?, window: Duration) {
        self.remaining = remaining
        self.limit = limit
        self.window = window
    }
}

extension ContentSource {
    /// Most stores keep no list.
    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? { nil }

    package func asksForReferrers(in repository: Repository) -> Bool { true }

    /// Most stores do not count.
    package func pullAllowance() -> PullAllowance? { nil }
}

/// A blob being read.
package struct OpenBlob: Sendable {
    package let startOffset: Int64
    package let bytes: BlobStream

    package init(startOffset: Int64, bytes: BlobStream) {
        self.startOffset = startOffset
        self.bytes = bytes
    }
}

/// A place content is written to.
///
/// The order is the caller's duty: blobs before the manifest that lists them, children before parents, tags last. A blob
/// is visible only after `upload` returned; an upload that throws leaves nothing visible.
package protocol ContentTarget: ContentSource {
    /// As `summary`, for a caller that leaves alone what is there: a refusal that may hide a manifest is a failure.
    func certainSummary(of selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestSummary?

    /// Whether `certainSummary` asks once more before it says that nothing is there.
    var confirmsAbsence: Bool { get }

    /// As `referrers`, without those whose manifests are listed and cannot be read: they are to be sent.
    func readableReferrers(of digest: Digest, in repository: Repository) async throws(ContentFailure)
        -> ManifestContent?

    /// Asks the target to adopt a blob from one of its own repositories, or opens an upload session: one request.
    ///
    /// With `origin` equal to `repository` this asks "is it here already?" at the price of the session that is needed
    /// otherwise. Where the target refuses the question, a plain session is opened by a second request, and
    /// `BlobAdmission.mountRefused` tells, so that the caller can stop asking.
    func admit(_ descriptor: Descriptor, to repository: Repository, from origin: Repository?)
        async throws(ContentFailure) -> BlobAdmission

    /// Whether it is known beforehand that the target adopts every blob that it has; else a run finds out.
    var mountsBlobs: Bool { get }

    /// Sends a blob's bytes into its session and commits it; the session is used up, whatever happens.
    ///
    /// `bytes` throws before its last chunk if they are not what the descriptor promised: then nothing is committed and
    /// the session is cancelled. Errors thrown by `bytes` come out as a failure with `kind` `.aborted`.
    func upload(_ descriptor: Descriptor, into session: UploadSession, bytes: VerifiedBlob)
        async throws(ContentFailure)

    /// How the target wants to get blobs. Cheap; changes as the target teaches.
    func uploadHabits(for repository: Repository) -> UploadHabits

    /// Ends a session that will not be used. Never fails; a target that keeps it drops it by itself some day.
    func cancel(_ session: UploadSession) async

    /// Finds out whether blobs may be written to the repository, and leaves nothing behind.
    func proveWritable(_ repository: Repository) async throws(ContentFailure)

    /// As `proveWritable`, and leaves open what has said so, where that is a session: one blob may have it.
    func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession?

    /// Whether the blob is there with the right size: one HEAD.
    func hasBlob(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool

    /// Whether the blob is there with the right size and can be read: as `hasBlob`, proven by one of its bytes. Registries
    /// answer HEAD from caches that outlive the content.
    func canRead(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool

    /// Stores the manifest's exact bytes under its digest or a tag and checks that the target took them for what they are.
    func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure)

    /// As `put`, and sets further tags in the same request where the target can do that.
    ///
    /// - Returns: those of `tags` that were set; the others have to be put one by one.
    func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag]
}

extension ContentTarget {
    /// A target with no network before it knows what it has.
    package var mountsBlobs: Bool { true }

    /// Most targets refuse nothing.
    package func certainSummary(
        of selector: ManifestSelector, in repository: Repository
    ) async throws(ContentFailure) -> ManifestSummary? { try await summary(of: selector, in: repository) }

    package var confirmsAbsence: Bool { false }

    /// Most targets list what they have.
    package func readableReferrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? { try await referrers(of: digest, in: repository) }

    /// Most targets have no cache between what they say and what they have.
    package func canRead(_ descriptor: Descriptor, in repository: Repository) async throws(ContentFailure) -> Bool {
        try await hasBlob(descriptor, in: repository)
    }

    /// Most targets set one tag at a time.
    package func put(
        _ manifest: ManifestContent, as mediaType: MediaType, at selector: ManifestSelector, also tags: [Tag],
        in repository: Repository
    ) async throws(ContentFailure) -> [Tag] {
        try await put(manifest, as: mediaType, at: selector, in: repository)
        return []
    }

    /// Opens an upload session, which says it all, and ends it.
    package func proveWritable(_ repository: Repository) async throws(ContentFailure) {
        let nothing = Descriptor(mediaType: .octetStream, digest: ContentHash.digest(of: []), size: 0)
        guard case .session(let session, _) = try await admit(nothing, to: repository, from: nil) else { return }
        await cancel(session)
    }
}

extension ContentTarget {
    /// Most targets say so without one.
    package func beginWriting(to repository: Repository) async throws(ContentFailure) -> UploadSession? {
        try await proveWritable(repository)
        return nil
    }
}

extension ContentTarget {
    /// A target with no network before it takes blobs whole, of any size.
    package func uploadHabits(for repository: Repository) -> UploadHabits { UploadHabits(takesPieces: false) }
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

/// What a target answered when asked to take a blob.
package enum BlobAdmission: Sendable {
    /// It has the blob in this repository now; no byte needs to move.
    case present
    /// It waits for the bytes.
    case session(UploadSession, mountRefused: Bool)
}

/// The target's side of one blob upload. Opaque to everyone but the store that issued it.
package struct UploadSession: Sendable, Hashable {
    /// Where the next request of this session goes. May carry signatures: not for logs.
    package let location: String
    package let repository: Repository
    /// Bytes that the target said it has.
    package var acknowledged: Int64 = 0
    /// Bytes of one appended piece, at least (but for the last) and at most, where the target says.
    package var smallestPiece: Int64?
    package var largestPiece: Int64?

    package init(location: String, repository: Repository) {
        self.location = location
        self.repository = repository
    }

    /// Takes bounds of a piece from outside, as far as they make sense; a bound that does not counts as not said.
    ///
    /// Every piece is a request: a target that took a byte at a time would make a small blob thousands of them. And a piece
    /// must be kept going for its whole length.
    package mutating func believe(smallestPiece: Int64?, largestPiece: Int64?) {
        self.smallestPiece = smallestPiece.flatMap { (1...Self.largestMinimum).contains($0) ? $0 : nil }
        self.largestPiece = largestPiece.flatMap { $0 >= Self.smallestMaximum ? $0 : nil }
    }

    /// Bytes. No registry needs a larger minimum.
    package static let largestMinimum: Int64 = 1 << 30
    /// Bytes. The smallest maximum a registry is known for is 4 MiB (GitHub's).
    package static let smallestMaximum: Int64 = 64 << 10
}

/// How a target wants to get blobs.
package struct UploadHabits: Sendable, Hashable {
    /// Whether a blob may come in pieces that are appended.
    package var takesPieces: Bool
    /// Bytes of one request, at most; nil: any number.
    package var largestBody: Int64?

    package init(takesPieces: Bool = true, largestBody: Int64? = nil) {
        self.takesPieces = takesPieces
        self.largestBody = largestBody
    }
}
