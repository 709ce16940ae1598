// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import OCI
import Reporting

/// `gc`: the manifests that nothing names, as Google's extended lists tell.
///
/// Unlike gcrane's, what a tagged index holds is none of them: deleting it would break the index.
struct GarbageCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "gc", "REPO", .exactly(1), summary: "list manifests that have no tag and are in no image that has one",
            flags: [FlagSpec("recursive", short: "r", .bool, "the repositories below as well")])
        spec.notes = [
            """
            Deletes nothing. Only Google's registries tell of manifests without a tag; of others
            nothing is listed. What refers to an image without a tag of its own, such as a
            signature, is listed too.
            """
        ]
        spec.examples = [.init("What could go", "gc -r gcr.io/project/team")]
        return spec
    }

    func run() async throws {
        let place = try job.arguments[0].repositoryPlace(nil)
        try await job.connected { connections in
            for repository in try await repositories(place, connections) {
                guard repository.content.isExtended else {
                    job.log.line("\(repository.place.name): this registry does not list manifests without a tag")
                    continue
                }
                try await show(repository, connections.store(place.registry))
            }
        }
    }

    private func repositories(
        _ place: RepositoryPlace, _ connections: Connections
    ) async throws -> [ListedRepository] {
        guard job.flags.bool("recursive") else {
            let listing = try await connections.store(place.registry).listing(of: place.repository)
            return [ListedRepository(place: place, content: listing)]
        }
        let walk = try await RepositoryTree(place, connections).walk()
        if let (name, failure) = walk.failures.first {
            throw CommandFailure("listing \(name): \(failure.message)", hint: failure.hint)
        }
        return walk.repositories
    }

    private func show(_ repository: ListedRepository, _ store: RegistryStore) async throws {
        let manifests = repository.content.manifests ?? []
        try checkThatAllAreThere(repository, manifests)
        let tagged = manifests.filter { !$0.tags.isEmpty }
        let used = try await content(of: tagged, in: repository.place.repository, store)
        for manifest in manifests where manifest.tags.isEmpty && !used.contains(manifest.digest) {
            job.console.output("\(repository.place.name)@\(manifest.digest)")
        }
    }

    /// What a list does not have under a tag that it names would be told as garbage.
    private func checkThatAllAreThere(
        _ repository: ListedRepository, _ manifests: [RepositoryListing.Entry]
    ) throws {
        let named = Set(manifests.flatMap(\.tags))
        guard let lost = repository.content.tags.first(where: { !named.contains($0) }) else { return }
        throw CommandFailure(
            "\(repository.place.name): the registry names the tag \(lost), and no manifest that has it: nothing can be told"
        )
    }

    /// Everything the indexes among some manifests hold, indexes inside included.
    private func content(
        of manifests: [RepositoryListing.Entry], in repository: Repository, _ store: RegistryStore
    ) async throws -> Set<Digest> {
        var level = manifests.filter(\.mayBeIndex).map(\.digest)
        var used: Set<Digest> = []
        while !level.isEmpty {
            let found = try await level.concurrentMap(limit: 4) { digest in
                try await store.manifest(.digest(digest), in: repository).parsed().children
            }
            let children = found.flatMap(\.self).filter { used.insert($0.digest).inserted }
            level = children.filter { $0.mediaType.manifestKind == .index }.map(\.digest)
        }
        return used
    }
}
