// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryTasks
import Testing
import TransferEngine

@Suite struct TreePlanTests {
    private let source = Self.place("a.example", "team/app")
    private let target = Self.place("b.example", "copy/app")
    private let image = ContentHash.digest(of: [1])
    private let index = ContentHash.digest(of: [2])

    private static func place(_ registry: String, _ repository: String) -> NamedRepository {
        do {
            return NamedRepository(registry: try RegistryHost(registry), repository: try Repository(repository))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func entry(
        _ digest: Digest, _ tags: [String] = [], type: MediaType = .ociManifest
    ) throws -> RepositoryListing.Entry {
        RepositoryListing.Entry(digest: digest, tags: try tags.map { try OCI.Tag($0) }, mediaType: type)
    }

    private func listing(_ entries: [RepositoryListing.Entry]?, tags: [String] = []) throws -> RepositoryListing {
        var listing = RepositoryListing(tags: try tags.map { try OCI.Tag($0) } + (entries ?? []).flatMap(\.tags))
        listing.manifests = entries
        return listing
    }

    /// `source > target`: what is read, and what is set.
    private func plan(
        _ listing: RepositoryListing, there: RepositoryListing = RepositoryListing(tags: []),
        platforms: PlatformChoice? = nil
    ) -> [String] {
        TreePlan(
            ListedRepository(place: source, content: listing), at: target, there: there, platforms: platforms
        ).items.map { item in
            let read = item.source.digest.map { "@\($0)" } ?? ":\(item.source.tag ?? .latest)"
            let set = item.target.tag.map { ":\($0)" } ?? "@\(item.target.digest ?? item.source.digest ?? image)"
            return "\(item.source.repository)\(read) > \(item.target.repository)\(set)"
        }
    }

    private func line(_ end: String, as tag: String? = nil) -> String {
        "team/app\(end) > copy/app\(tag.map { ":" + $0 } ?? end)"
    }

    @Test func `where tags alone are listed, each is copied by itself`() throws {
        #expect(plan(try listing(nil, tags: ["1", "2"])) == [line(":1"), line(":2")])
    }

    @Test func `tags of a manifest are set by its digest, and what has none is copied too`() throws {
        let there = try listing([entry(image, ["1", "2"]), entry(index)])
        #expect(plan(there) == [line("@\(image)", as: "1"), line("@\(image)", as: "2"), line("@\(index)")])
    }

    @Test func `what the target lists already is not copied, but a tag that names something else there is`() throws {
        let here = try listing([entry(image, ["1", "2"]), entry(index)])
        let there = try listing([entry(image, ["1"]), entry(index, ["2"])])
        #expect(plan(here, there: there) == [line("@\(image)", as: "2")])
        #expect(plan(here, there: here) == [])
    }

    @Test func `a tag that no listed manifest has is copied by itself`() throws {
        #expect(
            plan(try listing([entry(image, ["1"])], tags: ["lost"])) == [line("@\(image)", as: "1"), line(":lost")])
    }

    @Test func `where indexes arrive as other manifests, the target's list says nothing of them`() throws {
        let here = try listing([entry(index, ["1"], type: .ociIndex), entry(image, ["2"])])
        let platforms = PlatformChoice(.linuxAMD64)
        #expect(plan(here, there: here, platforms: platforms) == [line("@\(index)", as: "1")])
        let untagged = TreePlan(
            ListedRepository(place: source, content: try listing([entry(index, type: .ociIndex)])), at: target,
            there: try listing([entry(index, type: .ociIndex)]), platforms: platforms
        ).items
        // The digest is that of the source's index, which does not arrive.
        #expect(untagged.map(\.source.digest) == [index] && untagged.map(\.target.digest) == [nil])
        let sparse = try #require(PlatformChoice([.linuxAMD64], isSparse: true))
        #expect(plan(here, there: here, platforms: sparse) == [])
    }

    @Test func `one item that reads what another writes is found, by whatever name the registry has`() throws {
        let hub = Self.place("registry-1.docker.io", "team/app")
        let other = Self.place("docker.io", "team/app")
        let tags = try ["1", "2"].map { try OCI.Tag($0) }
        let items = [
            TreeItem(.tag(tags[0]), of: source, to: tags[1], in: other),
            TreeItem(.tag(tags[1]), of: hub, to: tags[0], in: target),
        ]
        let chain = try #require(items.firstChain)
        #expect(chain.reader.sourceName == items[1].sourceName && chain.writer.targetName == items[0].targetName)
        #expect(
            [items[0]].firstChain == nil && [TreeItem(.tag(tags[0]), of: hub, to: tags[0], in: other)].firstChain == nil
        )
    }
}
