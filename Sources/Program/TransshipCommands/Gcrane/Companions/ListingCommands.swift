// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import OCI
import RegistryTasks
import Reporting

/// `ls`, in gcrane's form (whole names, Google's extended lists) and in crane's (tags).
struct ListCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("ls", "REPO", .exactly(1), summary: "list what a repository holds")
        spec.flags =
            program == .crane
            ? [
                FlagSpec("full-ref", .bool, "print registry and repository in front of each tag"),
                FlagSpec("omit-digest-tags", short: "O", .bool, "leave out tags of the form sha256-DIGEST"),
            ]
            : [
                FlagSpec("recursive", short: "r", .bool, "list the repositories below as well"),
                FlagSpec("json", .bool, "print what the registry says as JSON, one line a repository"),
            ]
        spec.examples = [.init("The tags of a repository", "ls docker.io/library/debian")]
        return spec
    }

    func run() async throws {
        let text = job.arguments[0]
        if job.program == .crane { return try await listTags(text) }
        let place = try text.repositoryPlace(nil)
        try await job.connected { connections in
            guard job.flags.bool("recursive") else {
                let listing = try await connections.store(place.registry).listing(of: place.repository)
                return show(ListedRepository(place: place, content: listing), isAlone: true)
            }
            let walk = try await connections.walk(place.registry, below: place.repository, for: job)
            for repository in walk.repositories { show(repository, isAlone: false) }
            for (name, failure) in walk.failures { job.log.line("failed to list \(name): \(failure.message)") }
            guard walk.failures.isEmpty else {
                throw CommandFailure("\(walk.failures.count) repositories could not be listed")
            }
        }
    }

    private func listTags(_ text: String) async throws {
        let place = try text.repositoryPlace("parsing repo \"\(text.displayable)\"")
        let omits = job.flags.bool("omit-digest-tags")
        try await wrapping("reading tags for \(text.displayable)") {
            try await job.connected { connections in
                for tag in try await connections.store(place.registry).tags(in: place.repository) {
                    if omits, tag.name.hasPrefix("sha256-") { continue }
                    job.console.output(job.flags.bool("full-ref") ? "\(place.name):\(tag)" : tag.name)
                }
            }
        }
    }

    /// - Parameter isAlone: whether only this repository is listed. Then the repositories below it are named.
    private func show(_ listing: ListedRepository, isAlone: Bool) {
        let name = listing.place.name
        if job.flags.bool("json") { return job.console.output(listing.content.json) }
        if isAlone {
            for child in listing.content.children { job.console.output("\(name)/\(child.displayable)") }
        }
        guard let manifests = listing.content.manifests, !manifests.isEmpty else {
            for tag in listing.content.tags { job.console.output("\(name):\(tag)") }
            return
        }
        for manifest in manifests {
            job.console.output("\(name)@\(manifest.digest)")
            for tag in manifest.tags { job.console.output("\(name):\(tag)") }
        }
    }
}

struct CatalogCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "catalog", "REGISTRY", .exactly(1), summary: "list the repositories of a registry",
            flags: [FlagSpec("full-ref", .bool, "print the registry in front of each repository")])
        spec.notes = ["Registries may refuse this; Docker Hub does."]
        spec.examples = [.init("Everything a registry shows", "catalog registry.example:5000")]
        return spec
    }

    func run() async throws {
        let text = job.arguments[0]
        let host: RegistryHost
        do throws(ReferenceError.Reason) { host = text.isEmpty ? .dockerHub : try RegistryHost(text) } catch {
            throw CommandFailure("parsing reg \"\(ReferenceError.shownPlace(text))\": \(error.text)")
        }
        try await wrapping("reading tags for \(host)") {
            try await job.connected { connections in
                for repository in try await connections.store(host).repositories() {
                    job.console.output(job.flags.bool("full-ref") ? "\(host.name)/\(repository)" : repository.path)
                }
            }
        }
    }
}
