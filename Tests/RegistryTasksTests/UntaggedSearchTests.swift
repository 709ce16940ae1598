// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryTasks
import Testing
import TransferEngine

@Suite struct UntaggedSearchTests {
    private let one = ContentHash.digest(of: [1])
    private let two = ContentHash.digest(of: [2])

    private func repository(_ entries: [RepositoryListing.Entry], tags: [OCI.Tag]) throws -> ListedRepository {
        var listing = RepositoryListing(tags: tags)
        listing.manifests = entries
        return ListedRepository(
            place: NamedRepository(registry: try RegistryHost("a.example"), repository: try Repository("app")),
            content: listing)
    }

    @Test func `a list is searched for what it shows without a tag`() throws {
        let tag = try OCI.Tag("1")
        let entries = [
            RepositoryListing.Entry(digest: one, tags: [tag], mediaType: ""),
            RepositoryListing.Entry(digest: two, tags: [], mediaType: .ociManifest),
        ]
        let listed = try repository(entries, tags: [tag])
        #expect(listed.tagWithoutManifest == nil)
        #expect(listed.searched.manifests.map(\.hasTag) == [true, false])
        #expect(listed.searched.manifests.map(\.mayBeIndex) == [true, false])
    }

    @Test func `a list that lacks a tag's manifest tells nothing`() throws {
        let lost = try OCI.Tag("lost")
        let listed = try repository(
            [RepositoryListing.Entry(digest: two, tags: [], mediaType: .ociManifest)], tags: [lost])
        #expect(listed.tagWithoutManifest == lost)
        #expect(listed.searched.manifests.isEmpty)
    }
}
