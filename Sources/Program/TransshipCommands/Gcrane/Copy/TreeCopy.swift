// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import Reporting

/// `cp --recursive`: a repository with all below it, or all of a registry, from anywhere to anywhere.
struct TreeCopy: Sendable {
    let job: GcraneJob

    func run() async throws {
        let (source, target) = (try TreeEnd(job.arguments[0]), try TreeEnd(job.arguments[1]))
        let platforms = try job.platforms()
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            let walk = try await list(source, connections)
            try checkNames(walk, from: source, to: target)
            let items = try await walk.repositories.concurrentMap(limit: 8) { repository in
                try await plan(repository, at: target.place(of: repository.place, from: source), platforms, connections)
            }.flatMap(\.self)
            let keepsTags = CopySettings.keepsExistingTags(job)
            if !keepsTags { try checkThatNoneReadsWhatAnotherWrites(items) }
            let log = CopyLog(items: items.map(\.named), announcing: .each, keepsExistingTags: keepsTags) {
                [log = job.log] in log.line($0)
            }
            let results = try await CopyRun(
                items: items, platforms: platforms, job: job, connections: connections
            ).execute(telling: log)
            try conclude(results, after: walk, of: source)
        }
    }

    private func list(_ source: TreeEnd, _ connections: Connections) async throws -> RepositoryTree.Walk {
        let walk: RepositoryTree.Walk
        do {
            walk = try await RepositoryTree(registry: source.registry, path: source.path, connections).walk()
        } catch let failure as ContentFailure where failure.kind != .cancelled {
            job.log.line("failed walkFn for repo \(source): \(failure.message)")
            throw CommandFailure(
                "failed to Walk: failed List for repo \(source): \(failure.message)", hint: failure.hint)
        }
        if let note = walk.note { job.log.line(note) }
        for (name, failure) in walk.failures { job.log.line("failed to list \(name): \(failure.message)") }
        return walk
    }

    /// Refuses a target where none of the repositories can be. Where some can, those are copied, and of each other one the
    /// registry says what is wrong with it, as to gcrane.
    private func checkNames(_ walk: RepositoryTree.Walk, from source: TreeEnd, to target: TreeEnd) throws {
        let places = try walk.repositories.filter { !$0.content.isEmpty }.map {
            try target.place(of: $0.place, from: source)
        }
        guard let first = places.first, places.allSatisfy({ ImpossibleName($0.repository, at: $0.registry) != nil })
        else { return }
        try first.checkTargetName()
    }

    private func plan(
        _ repository: ListedRepository, at place: RepositoryPlace, _ platforms: PlatformChoice?,
        _ connections: Connections
    ) async throws -> [CopyItem] {
        let there =
            repository.content.manifests == nil
            ? RepositoryListing(tags: []) : try await existing(place, connections)
        return TreePlan(repository, at: place, there: there, platforms: platforms).items
    }

    /// The order of the two copies is undefined, and the tag's former image would be lost.
    private func checkThatNoneReadsWhatAnotherWrites(_ items: [CopyItem]) throws {
        guard let (reader, writer) = items.firstChain else { return }
        throw CommandFailure(
            "\"\(reader.named.source)\" is read here and written by the copy of \"\(writer.named.source)\"",
            hint: "choose a target that is not below the source, or copy the one that is read first by itself")
    }

    private func existing(_ place: RepositoryPlace, _ connections: Connections) async throws -> RepositoryListing {
        do throws(ContentFailure) {
            return try await connections.targetStore(place.registry).listing(of: place.repository)
        } catch {
            guard error.kind == .notFound else { throw error }
            job.log.line("failed to list \(place.name): \(error.message)")
            return RepositoryListing(tags: [])
        }
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
