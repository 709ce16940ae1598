// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryTasks
import Reporting
import TransferEngine

/// `cp --recursive`: a repository with all below it, or all of a registry, from anywhere to anywhere.
struct TreeCopy: Sendable {
    let job: GcraneJob

    func run() async throws {
        let (source, target) = (try end(0), try end(1))
        let platforms = try job.platforms()
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            let walk = try await list(source, connections)
            try checkNames(walk, from: source, to: target)
            let images = try await plan(walk.repositories, from: source, to: target, platforms, connections)
            let keepsTags = CopySettings.keepsExistingTags(job)
            if !keepsTags { try checkThatNoneReadsWhatAnotherWrites(images) }
            let items = images.map(CopyItem.init(listed:))
            let log = CopyLog(items: items.map(\.named), announcing: .each, keepsExistingTags: keepsTags) {
                [log = job.log] in log.line($0)
            }
            let results = try await CopyRun(
                items: items, platforms: platforms, job: job, connections: connections
            ).execute(telling: log)
            try conclude(results, after: walk, of: source)
        }
    }

    private func end(_ position: Int) throws -> TreeEnd {
        let text = job.arguments[position]
        if let registry = TreeEnd(registry: text) { return registry }
        return TreeEnd(try text.repositoryPlace("parsing repo \"\(text.displayable)\""))
    }

    private func list(_ source: TreeEnd, _ connections: Connections) async throws -> RepositoryTree.Walk {
        let walk: RepositoryTree.Walk
        do {
            walk = try await connections.walk(source.registry, below: source.path, for: job)
        } catch let failure as ContentFailure where failure.kind != .cancelled {
            job.log.line("failed walkFn for repo \(source): \(failure.message)")
            throw CommandFailure(
                "failed to Walk: failed List for repo \(source): \(failure.message)", hint: failure.hint)
        }
        for (name, failure) in walk.failures { job.log.line("failed to list \(name): \(failure.message)") }
        return walk
    }

    /// Refuses a target that can have none of the repositories. If it can have some of them, those are copied, and the
    /// registry says what is wrong with each of the others, as with gcrane.
    private func checkNames(_ walk: RepositoryTree.Walk, from source: TreeEnd, to target: TreeEnd) throws {
        let places = try walk.repositories.filter { !$0.content.isEmpty }.map {
            try target.place(of: $0.place, from: source)
        }
        guard let first = places.first, places.allSatisfy({ ImpossibleName($0.repository, at: $0.registry) != nil })
        else { return }
        try first.checkTargetName()
    }

    private func plan(
        _ repositories: [ListedRepository], from source: TreeEnd, to target: TreeEnd, _ platforms: PlatformChoice?,
        _ connections: Connections
    ) async throws -> [TreeItem] {
        let places = try repositories.map { try target.place(of: $0.place, from: source) }
        let compared = zip(repositories, places).filter { $0.0.content.manifests != nil }.map(\.1.repository)
        let there = try await existing(compared, at: target.registry, connections)
        return zip(repositories, places).flatMap { repository, place in
            TreePlan(
                repository, at: place, there: there[place.repository] ?? RepositoryListing(tags: []),
                platforms: platforms
            ).items
        }
    }

    /// Refuses to read a tag that another copy writes: the order of the two is undefined, and its former image could be
    /// lost.
    private func checkThatNoneReadsWhatAnotherWrites(_ items: [TreeItem]) throws {
        guard let (reader, writer) = items.firstChain else { return }
        throw CommandFailure(
            "\"\(reader.sourceName)\" is read here and written by the copy of \"\(writer.sourceName)\"",
            hint: "choose a target that is not below the source, or copy the one that is read first by itself")
    }

    /// The contents of the repositories that exist at the target.
    private func existing(
        _ repositories: [Repository], at registry: RegistryHost, _ connections: Connections
    ) async throws -> [Repository: RepositoryListing] {
        var there: [Repository: RepositoryListing] = [:]
        for entry in try await connections.lists(of: registry, as: .target, for: job).find(repositories) {
            switch entry.listing {
            case .success(let listing): there[entry.repository] = listing
            case .failure(let failure) where failure.kind == .notFound:
                let name = NamedRepository(registry: registry, repository: entry.repository).name
                job.log.line("failed to list \(name): \(failure.message)")
            case .failure(let failure): throw failure
            }
        }
        return there
    }

    private func conclude(
        _ results: CopyResults, after walk: RepositoryTree.Walk, of source: TreeEnd
    ) throws {
        if walk.repositories.allSatisfy(\.content.isEmpty) && walk.failures.isEmpty {
            return job.log.line("nothing to copy: \(source) holds no images")
        }
        try results.conclude(job.log)
        guard walk.failures.isEmpty else {
            throw CommandFailure("\(walk.failures.count) repositories could not be listed and were not copied")
        }
    }
}
