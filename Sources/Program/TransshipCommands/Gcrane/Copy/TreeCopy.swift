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
            try checkNames(walk, source, target)
            let items = try await plan(walk, source, target, connections)
            let log = CopyLog(items: items.map(\.named), announcing: .each) { [log = job.log] in log.line($0) }
            try await CopySettings.run(items, platforms, job, log, connections)
            try conclude(log, walk, source)
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
    private func checkNames(_ walk: RepositoryTree.Walk, _ source: TreeEnd, _ target: TreeEnd) throws {
        let places = try walk.repositories.filter { !$0.content.isEmpty }.map {
            try target.place(of: $0.place, from: source)
        }
        guard let first = places.first, places.allSatisfy({ ImpossibleName($0.repository, at: $0.registry) != nil })
        else { return }
        try first.checkTargetName()
    }

    private func plan(
        _ walk: RepositoryTree.Walk, _ source: TreeEnd, _ target: TreeEnd, _ connections: Connections
    ) async throws -> [CopyItem] {
        let plans = try await walk.repositories.concurrentMap(limit: 8) { repository in
            let place = try target.place(of: repository.place, from: source)
            guard repository.content.manifests != nil else { return Self.items(tagsOf: repository, to: place) }
            return Self.items(
                of: repository, missingIn: try await existing(place, connections), at: place)
        }
        return plans.flatMap(\.self)
    }

    private static func items(tagsOf repository: ListedRepository, to place: RepositoryPlace) -> [CopyItem] {
        repository.content.tags.map { CopyItem(.tag($0), of: repository.place, to: $0, in: place) }
    }

    /// What the target's list does not show: manifests, and tags that name another one there.
    private static func items(
        of repository: ListedRepository, missingIn listing: RepositoryListing, at place: RepositoryPlace
    ) -> [CopyItem] {
        let there = Dictionary(grouping: listing.manifests ?? [], by: \.digest).mapValues { Set($0.flatMap(\.tags)) }
        return (repository.content.manifests ?? []).flatMap { manifest -> [CopyItem] in
            let source = ManifestSelector.digest(manifest.digest)
            if manifest.tags.isEmpty {
                guard there[manifest.digest] == nil else { return [] }
                return [CopyItem(source, of: repository.place, to: nil, in: place)]
            }
            return manifest.tags.filter { there[manifest.digest]?.contains($0) != true }.map {
                CopyItem(source, of: repository.place, to: $0, in: place)
            }
        }
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

    private func conclude(_ log: CopyLog, _ walk: RepositoryTree.Walk, _ source: TreeEnd) throws {
        if walk.repositories.allSatisfy(\.content.isEmpty) && walk.failures.isEmpty {
            return job.log.line("nothing to copy: \(source) holds no images")
        }
        try log.conclude(job.log)
        guard walk.failures.isEmpty else {
            throw CommandFailure("\(walk.failures.count) repositories could not be listed and were not copied")
        }
    }
}

/// One end of a recursive copy: a repository, or a registry as a whole.
struct TreeEnd: Sendable, CustomStringConvertible {
    let registry: RegistryHost
    let path: Repository?

    /// A text that could be a host alone is one: repositories of Docker Hub without a namespace have neither dot nor
    /// colon in their names.
    init(_ text: String) throws {
        let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
        if !bare.contains("/"), bare == "localhost" || bare.contains(".") || bare.contains(":"),
            let host = try? RegistryHost(bare)
        {
            registry = host
            path = nil
        } else {
            let place = try text.repositoryPlace("parsing repo \"\(text.displayable)\"")
            registry = place.registry
            path = place.repository
        }
    }

    var description: String { registry.name + (path.map { "/\($0)" } ?? "") }

    /// Where a repository below `source` goes below this end.
    func place(of repository: RepositoryPlace, from source: TreeEnd) throws -> RepositoryPlace {
        let whole = repository.repository.path
        let rest = source.path.map { String(whole.dropFirst($0.path.count)) } ?? "/" + whole
        let target = ((path?.path ?? "") + rest).drop { $0 == "/" }
        do throws(ReferenceError.Reason) {
            // A registry's own tree copied to a bare host keeps its names.
            return RepositoryPlace(registry: registry, repository: try Repository(target.isEmpty ? whole[...] : target))
        } catch {
            throw CommandFailure("\(repository.name) has no place below \(self): \(error.text)")
        }
    }
}
