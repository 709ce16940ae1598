// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import OCI
import RegistryTasks
import Reporting
import TransferEngine

/// `gc`: lists the manifests that have no tag and are in no image that has one, according to Google's extended lists.
///
/// Unlike gcrane, it does not list what a tagged index contains, because deleting that would break the index.
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
            let repositories = try await repositories(place, connections)
            let search = UntaggedManifests(
                settings: CopySettings.requests(connections: GcraneJob.usualConnections),
                troubled: { [log = job.log] in log.tell($0) },
                sources: { _ in connections.planStore(place.registry) })
            guard let found = await search.find(in: repositories.map(\.searched)) else {
                throw CommandFailure.interrupted
            }
            for (repository, untagged) in zip(repositories, found) { try show(repository, untagged) }
        }
    }

    private func repositories(
        _ place: NamedRepository, _ connections: Connections
    ) async throws -> [ListedRepository] {
        guard job.flags.bool("recursive") else {
            let listing = try await connections.store(place.registry).listing(of: place.repository)
            return [ListedRepository(place: place, content: listing)]
        }
        let walk = try await connections.walk(place.registry, below: place.repository, for: job)
        if let (name, failure) = walk.failures.first {
            throw CommandFailure("listing \(name): \(failure.message)", hint: failure.hint)
        }
        return walk.repositories
    }

    private func show(_ repository: ListedRepository, _ untagged: Result<[Digest], TransferFailure>) throws {
        let name = repository.place.name
        guard repository.content.isExtended else {
            return job.log.line("\(name): this registry does not list manifests without a tag")
        }
        if let lost = repository.tagWithoutManifest {
            throw CommandFailure(
                "\(name): the registry names the tag \(lost), and no manifest that has it: nothing can be told")
        }
        for digest in try untagged.mapError(\.cause).get() { job.console.output("\(name)@\(digest)") }
    }
}
