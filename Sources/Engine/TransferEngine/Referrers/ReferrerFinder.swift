// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Finds the referrers of manifests at their sources. A list of tags that it has read is used for all manifests of a
/// repository.
actor ReferrerFinder {
    private var listings: [RepositoryPlace: TagsByDigest] = [:]
    private let choice: ReferrerSearch.Choice

    /// - Parameters:
    ///   - replacesSignatures: whether the source's signatures replace other ones at the target.
    ///   - artifactTypes: the wanted types; empty: all.
    ///   - sendsAll: whether everything is sent, whatever the target lists. A list may name what the target has lost.
    init(replacesSignatures: Bool = false, artifactTypes: Set<String> = [], sendsAll: Bool = false) {
        choice = ReferrerSearch.Choice(
            replacesSignatures: replacesSignatures, artifactTypes: artifactTypes, sendsAll: sendsAll)
    }

    /// The referrers that a source has for the manifest at `place`, compared with those at the target.
    func referrers(
        of place: ManifestPlace, at source: RepositoryPlace, in stores: RunStores
    ) async throws(TransferFailure) -> ReferrerList {
        let store = stores.source(source.store)
        let listing = listings[source] ?? TagsByDigest(of: source.repository, at: store)
        listings[source] = listing
        var search = ReferrerSearch(
            digest: place.digest, choice: choice, sourcePlace: source, source: store, listing: listing,
            target: stores.target(place.store), targetRepository: place.repository)
        try await search.readSource()
        try await search.compareWithTarget()
        return search.found
    }

    /// A target's list under the tag that stands for one; nil where there is none.
    static func fallback(
        of digest: Digest, at target: any ContentTarget, in repository: Repository
    ) async throws(ContentFailure) -> ManifestContent? {
        guard let tag = ReferrerList.tag(for: digest) else { return nil }
        do throws(ContentFailure) {
            let found = try await target.manifest(.tag(tag), in: repository)
            // Some registries resolve the tag to the digest, and send the image itself.
            return found.digest == digest ? nil : found
        } catch {
            if error.kind == .notFound { return nil }
            // A target may answer 403 for a missing list, as for any missing manifest, but also for an existing list, which
            // would then be overwritten.
            guard error.kind == .denied, try await target.certainSummary(of: .tag(tag), in: repository) == nil else {
                throw error
            }
            return nil
        }
    }
}
