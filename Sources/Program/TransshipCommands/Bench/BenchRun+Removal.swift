// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Content
import Distribution
import OCI
import RegistryTransport
import Reporting
import TransferEngine

extension BenchRun {
    /// The maximum time for deleting content. After a signal it is shorter, because the process has to end. It is shorter for
    /// a registry that does not answer, too.
    private static let (removal, hastyRemoval) = (Duration.seconds(60), Duration.seconds(2))

    /// Deletes what was stored, unless it is kept.
    ///
    /// - Returns: nil if nothing was stored.
    func leave(_ load: RegistryLoad, inHaste: Bool, _ console: Console) async -> Leftovers? {
        guard !load.content.items.isEmpty else { return nil }
        var removal = ContentRemoval(load.content, root: root)
        removal.isUncertain = removal.isUncertain || inHaste
        guard !keeps else { return removal.everything }
        var pace = RemovalPace(
            StoreID(address.host), connections: settings.connections,
            limit: inHaste ? Self.hastyRemoval : Self.removal, paused: console.tellPause())
        pace.executors = EventLoopExecutor.all
        let left = await removal.remove(with: store, pace, haste: Self.hastyRemoval)
        guard left.manifests == 0, let repository = load.tagged else { return left }
        let limit = inHaste || Task.isCancelled ? Self.hastyRemoval : Self.removal
        // A cancelled task sends no request.
        return await Task { [pace] in await removeTags(in: repository, pace.limited(to: limit), left) }.value
    }

    /// Deletes tags that the registry lists although their manifests are gone.
    private func removeTags(in repository: Repository, _ pace: RemovalPace, _ left: Leftovers) async -> Leftovers {
        var left = left
        do throws(ContentFailure) {
            let listed = try await tags(in: repository, pace)
            guard !listed.isEmpty else { return left }
            await pace.delete(listed, until: pace.deadline) { [store] tag throws(ContentFailure) in
                try await store.delete(.tag(tag), in: repository)
            }
            left.tags = try await tags(in: repository, pace).count
        } catch {
            (left.tags, left.isUncertain) = (RegistryLoad.mostTags, true)
            left.reason = left.reason ?? error.message
        }
        return left
    }

    /// Empty also if the registry has forgotten the repository, or lists no tags.
    private func tags(in repository: Repository, _ pace: RemovalPace) async throws(ContentFailure) -> [Tag] {
        let place = RepositoryPlace(StoreID(address.host), repository)
        let listed = await TagListing(settings: pace.settings, paused: pace.paused) { [store] _ in store }
            .tags(of: [place])[place]
        switch listed {
        case .success(let tags): return tags
        case .failure(let failure) where ![.notFound, .unsupported].contains(failure.cause.kind): throw failure.cause
        case .failure, nil: return []
        }
    }
}
