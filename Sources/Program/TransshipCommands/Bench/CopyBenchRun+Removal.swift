// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Content
import Distribution
import ImageFixtures
import OCI
import RegistryTransport
import Reporting
import TransferEngine

extension CopyBenchRun {
    /// The content below one prefix of a registry.
    struct Stock: Sendable {
        var prefix: Repository
        var hasReferrers: Bool
        /// Not all of it may have arrived there.
        var isUncertain = false
    }

    private static let (removal, hastyRemoval) = (Duration.seconds(60), Duration.seconds(1))

    /// Removes the content, and says what is left.
    func remove(_ stock: Stock, at host: RegistryHost) async throws {
        let connections = try Connections(choices, context, connections: 8)
        let left = try await connections.closing {
            let store = connections.targetStore(host)
            // A cancelled task sends no request.
            let stored = try await Task { try await content(of: stock, in: store) }.value
            var removal = ContentRemoval(stored, root: stock.prefix)
            removal.isUncertain = stored.isUncertain || stock.isUncertain
            guard !keeps else { return removal.everything }
            var pace = RemovalPace(
                StoreID(host), connections: 8, limit: Self.removal, paused: context.console.tellPause())
            pace.executors = EventLoopExecutor.all
            return await removal.remove(with: store, pace, haste: Self.hastyRemoval)
        }
        context.console.note(left.sentence(at: "\(host)"))
    }

    private func content(of stock: Stock, in store: RegistryStore) async throws -> StoredContent {
        var content = StoredContent()
        for image in images {
            let repository = try Repository(image.repository).below(stock.prefix.path)
            let graphs = [image.graph] + (stock.hasReferrers ? image.referrers : [])
            content.items += graphs.flatMap(\.manifests).map { .manifest($0.digest, repository) }
            content.items += graphs.flatMap(\.blobs).map { .blob($0.descriptor, repository) }
        }
        if stock.hasReferrers { try await addLists(of: stock, to: &content, in: store) }
        return content
    }

    /// Adds the lists of referrers that are stored under tags, as in a registry without a referrers API. Their bytes, and
    /// thus their digests, are those of whoever wrote them.
    private func addLists(of stock: Stock, to content: inout StoredContent, in store: RegistryStore) async throws {
        var rest = images.filter { !$0.referrersTags.isEmpty }[...]
        guard let first = rest.popFirst() else { return }
        let found = try await lists(of: first, below: stock.prefix, in: store)
        content.add(found)
        // A registry that keeps no lists under tags keeps none for any image. If not all images arrived, the first one says
        // nothing of the others.
        if found.items.isEmpty, !stock.isUncertain { return }
        try await withThrowingTaskGroup(of: StoredContent.self) { [rest] group in
            for image in rest { group.addTask { try await lists(of: image, below: stock.prefix, in: store) } }
            for try await found in group { content.add(found) }
        }
    }

    private func lists(
        of image: FixtureImage, below prefix: Repository, in store: RegistryStore
    ) async throws -> StoredContent {
        let repository = try Repository(image.repository).below(prefix.path)
        var content = StoredContent()
        for list in image.referrersTags {
            let selector = ManifestSelector.tag(try Tag(list.tag))
            do throws(ContentFailure) {
                guard let list = try await store.summary(of: selector, in: repository) else { continue }
                content.items.append(.manifest(list.digest, repository))
            } catch {
                content.isUncertain = true
                content.items.append(.manifest(list.index.digest, repository))
            }
        }
        return content
    }

    /// Whether lists of referrers have to be stored under tags of their own beside the images, as in a registry without a
    /// referrers API. This is also done if the registry does not say, for example because it throttles.
    func listsReferrersByTags(_ store: RegistryStore, below prefix: Repository) async throws -> Bool {
        guard copiesReferrers, let image = images.first(where: { !$0.referrers.isEmpty }) else { return false }
        let repository = try Repository(image.repository).below(prefix.path)
        do throws(ContentFailure) {
            return try await store.referrers(of: image.graph.manifest.digest, in: repository) == nil
        } catch { return true }
    }
}

extension StoredContent {
    fileprivate mutating func add(_ other: StoredContent) {
        items += other.items
        isUncertain = isUncertain || other.isUncertain
    }
}
