// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A place that content is read from: a registry, a layout folder, an archive, memory.
///
/// Every method may be called from many tasks at once. A failure says whether a retry makes sense. Stores do not retry
/// requests themselves, except once with a new token after a token was refused.
package protocol ContentSource: Sendable {
    /// Whether the store is reached over a network. Then the first request finds out how to reach it.
    var isRemote: Bool { get }

    /// Prepares reading a repository, for example a connection and a token, before the first request for its content.
    func prepareReading(_ repository: Repository) async throws(ContentFailure)

    /// The manifest that the tag or digest names. Registries do not count this as a pull.
    ///
    /// The manifest is fetched only if the store cannot tell its digest otherwise.
    ///
    /// - Returns: nil where there is no such manifest.
    func summary(of selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestSummary?

    /// The manifest's exact bytes, limited in size. A manifest named by digest is verified. A manifest named by tag is
    /// confirmed by a second statement of the store, if bytes can be damaged on the way from the store.
    func manifest(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestContent

    /// The same, with a read policy.
    func manifest(_ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy)
        async throws(ContentFailure) -> ManifestContent

    /// Opens a part of a blob for reading, or all of it (`0..<descriptor.size`).
    ///
    /// The bytes are not verified: wrap them in `VerifiedBlob`. At most a receive buffer is read ahead. Releasing the
    /// stream ends the transfer.
    ///
    /// - Returns: the stream and the offset that it starts at. A store that ignores ranges starts at 0 and continues to the
    ///   blob's end.
    func blob(_ descriptor: Descriptor, in repository: Repository, range: Range<Int64>) async throws(ContentFailure)
        -> OpenBlob

    /// The same, with a read policy.
    func blob(_ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy)
        async throws(ContentFailure) -> OpenBlob

    /// The manifests whose subject is this one, as an index; nil if the store keeps no such list.
    func referrers(of digest: Digest, in repository: Repository) async throws(ContentFailure) -> ManifestContent?

    /// Whether `referrers` sends a request for this repository. A store that was found to keep no lists is not asked again. Cheap.
    func asksForReferrers(in repository: Repository) -> Bool

    /// The remaining pulls that the store reported last; nil if it does not count pulls. Cheap.
    func pullAllowance() -> PullAllowance?

    /// The repository's tags, in the store's order, all pages.
    func tags(in repository: Repository) async throws(ContentFailure) -> [Tag]

    /// Those of the repository's tags that `isWanted` accepts.
    ///
    /// - Parameter most: the most pages to read. If there are more pages, the answer has no list.
    func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags
}

/// How content is read from a store.
package enum ReadPolicy: Sendable, Hashable {
    /// The fastest way.
    case normal
    /// Over a new connection and past every cache, after an answer with damaged bytes.
    case reload
}

extension ContentSource {
    /// Opens a blob for reading from `offset` on. `offset` must be less than the blob's size, or 0.
    package func blob(
        _ descriptor: Descriptor, in repository: Repository, from offset: Int64
    ) async throws(ContentFailure) -> OpenBlob {
        try await blob(descriptor, in: repository, range: offset..<max(offset, descriptor.size))
    }
}

// MARK: - What most sources do

/// Most sources have no network or cache in front of their content, list no referrers and count no pulls.
extension ContentSource {
    package var isRemote: Bool { false }

    package func prepareReading(_: Repository) async throws(ContentFailure) {}

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

    package func referrers(
        of digest: Digest, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? { nil }

    package func asksForReferrers(in repository: Repository) -> Bool { true }

    package func pullAllowance() -> PullAllowance? { nil }

    package func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags {
        ListedTags(tags: try await tags(in: repository).filter(isWanted), pages: 1)
    }
}
