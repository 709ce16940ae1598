// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A place that content is read from: a registry, a layout folder, an archive, memory.
///
/// Every method may be called from many tasks at once. A failure says whether another try makes sense. Stores do not repeat
/// requests themselves, but for one repetition with a new token after a token was refused.
package protocol ContentSource: Sendable {
    /// Whether the store is asked over a network: then the first request finds out how.
    var isRemote: Bool { get }

    /// Gets what reading a repository takes, such as a connection and a token, before the first request for its content.
    func prepareReading(_ repository: Repository) async throws(ContentFailure)

    /// What the tag or digest names. Registries that count pulls do not count this as one.
    ///
    /// The manifest is fetched only where the store cannot tell its digest otherwise.
    ///
    /// - Returns: nil where there is no such manifest.
    func summary(of selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestSummary?

    /// The manifest's exact bytes, bounded in size. What a digest names is checked against it. What a tag names is confirmed by a
    /// second statement of the store, where the way to the store can damage bytes.
    func manifest(_ selector: ManifestSelector, in repository: Repository) async throws(ContentFailure)
        -> ManifestContent

    /// The same, read as `policy` says.
    func manifest(_ selector: ManifestSelector, in repository: Repository, policy: ReadPolicy)
        async throws(ContentFailure) -> ManifestContent

    /// Opens a part of a blob for reading, or all of it (`0..<descriptor.size`).
    ///
    /// The bytes are not verified: wrap them in `VerifiedBlob`. No more is read ahead than a receive buffer. Dropping the stream
    /// ends the transfer.
    ///
    /// - Returns: the stream and the offset that it starts at. A store that ignores ranges starts at 0 and goes on to the blob's
    ///   end.
    func blob(_ descriptor: Descriptor, in repository: Repository, range: Range<Int64>) async throws(ContentFailure)
        -> OpenBlob

    /// The same, read as `policy` says.
    func blob(_ descriptor: Descriptor, in repository: Repository, range: Range<Int64>, policy: ReadPolicy)
        async throws(ContentFailure) -> OpenBlob

    /// The manifests whose subject is this one, as an index; nil where the store keeps no such list.
    func referrers(of digest: Digest, in repository: Repository) async throws(ContentFailure) -> ManifestContent?

    /// Whether `referrers` sends a request for this repository. A store that was found to keep no lists is not asked again. Cheap.
    func asksForReferrers(in repository: Repository) -> Bool

    /// How many pulls are left, as the store said last; nil where it does not count them. Cheap.
    func pullAllowance() -> PullAllowance?

    /// The repository's tags, in the store's order, all pages.
    func tags(in repository: Repository) async throws(ContentFailure) -> [Tag]

    /// Those of the repository's tags that `isWanted` accepts.
    ///
    /// - Parameter most: pages to read. Where there are more pages, the answer has no list.
    func tags(
        in repository: Repository, where isWanted: @Sendable (Tag) -> Bool, onPages most: Int
    ) async throws(ContentFailure) -> ListedTags
}

/// How a store is asked to read.
package enum ReadPolicy: Sendable, Hashable {
    /// In the quickest way.
    case normal
    /// On a connection of its own and past every cache, after an answer whose bytes were damaged on their way.
    case reload
}

extension ContentSource {
    /// Opens a blob for reading from `offset` on, which is less than its size, or 0.
    package func blob(
        _ descriptor: Descriptor, in repository: Repository, from offset: Int64
    ) async throws(ContentFailure) -> OpenBlob {
        try await blob(descriptor, in: repository, range: offset..<max(offset, descriptor.size))
    }
}

// MARK: - What most sources do

/// Most sources have neither a network nor a cache before their content, list no referrers and count no pulls.
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
