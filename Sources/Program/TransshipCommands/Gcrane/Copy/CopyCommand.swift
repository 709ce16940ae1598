// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import ItemLists
import LayerVerification
import OCI
import RegistryTasks
import Reporting
import TransferEngine

/// `cp` and `copy`: one image, all tags of a repository, or a tree of repositories.
struct CopyCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "copy", "SRC DST", .exactly(2), summary: "copy images between registries, digests unchanged",
            flags: [
                FlagSpec("all-tags", short: "a", .bool, "SRC and DST are repositories: copy every tag"),
                FlagSpec(
                    "jobs", short: "j", .int, "images at once with -r and -a, else requests at once to each registry",
                    defaultText: "8"),
                FlagSpec("no-clobber", short: "n", .bool, "leave tags alone that exist at DST"),
                FlagSpec(
                    "progress", .string,
                    "progress on standard error: auto (a block of lines on a terminal, else a line every 10 s), bar, "
                        + "lines, json, none",
                    defaultText: program == .transship ? "auto" : "none",
                    choices: ProgressStyle.allCases.map(\.rawValue)),
                FlagSpec(
                    "referrers", .bool, "also copy signatures, attestations and whatever else refers to an image"),
                FlagSpec(
                    "overwrite-signatures", .bool, "replace other signatures that DST has"),
                FlagSpec(
                    "verify", .string,
                    "how closely layers are looked at: digest; unpack, without fault; diffid, to what the config says",
                    defaultText: VerificationLevel.digest.rawValue, choices: VerificationLevel.allCases.map(\.rawValue)),
                FlagSpec("recursive", short: "r", .bool, "copy a repository with all below it, or all of a registry"),
            ])
        spec.aliases = ["cp"]
        spec.examples = [
            .init("One image, all platforms", "cp docker.io/library/redis:buster registry.example/mirror/redis:buster"),
            .init("One platform", "cp --platform linux/arm64 redis:buster registry.example/mirror/redis:buster"),
            .init("Into a folder, as an OCI image layout", "cp redis:buster oci:images/redis:buster"),
            .init("A team's repositories, from any registry", "cp -r registry.example/team mirror.example/team"),
        ]
        spec.notes = [
            """
            With -r one image that fails does not stop the others. A bare host stands for all
            of its repositories where it shows a catalog. Google's registries are asked for
            untagged images too.
            """,
            """
            Environment:
              DOCKER_CONFIG   folder of the config.json that holds credentials (default ~/.docker)
              SSL_CERT_FILE   certificates (PEM) to trust instead of the system's
            """,
        ]
        return program == .transship ? spec.takingPlatforms : spec
    }

    func run() async throws {
        try CopySettings.check(job)
        if job.flags.bool("all-tags") {
            try await AllTagsCopy(job: job).run()
        } else if job.flags.bool("recursive") {
            try await TreeCopy(job: job).run()
        } else {
            try await copyImage()
        }
    }

    private func copyImage() async throws {
        let source = try job.arguments[0].copyEnd("parsing reference")
        let target = try job.arguments[1].copyEnd("parsing reference for")
        try target.checkTargetName()
        let item = CopyItem(source: source, target: target)
        let platforms = try job.platforms()
        let keeps = job.flags.bool("no-clobber")
        if !keeps { job.log.line(item.announcement) }
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            if keeps {
                try await refuseExisting(target, connections)
                job.log.line(item.announcement)
            }
            let log = CopyLog(items: [item.named]) { [log = job.log] in log.line($0) }
            let results = try await CopyRun(
                items: [item], platforms: platforms, job: job, connections: connections
            ).execute(telling: log)
            guard let failure = results.failure else { return }
            if results.isUnsupported,
                try await copySchema1(source, to: target, platforms: platforms, connections)
            {
                return
            }
            throw CommandFailure(failure, hint: results.hint)
        }
    }

    private func copySchema1(
        _ source: Reference, to target: Reference, platforms: PlatformChoice?, _ connections: Connections
    ) async throws -> Bool {
        guard source.registry.layoutFolder == nil, target.registry.layoutFolder == nil else { return false }
        return try await Schema1Copy(
            source, at: connections.store(source.registry), to: target, at: connections.targetStore(target.registry)
        ) { [log = job.log] in log.line($0) }.run(platforms)
    }

    /// A digest names one content only, so there is nothing to clobber.
    private func refuseExisting(_ target: Reference, _ connections: Connections) async throws {
        let end = target.endpoint
        guard let tag = end.tag, end.digest == nil else { return }
        job.log.line("Checking existing tag \(target)")
        let store = connections.stores.target(end.store)
        if let existing = try await store.certainSummary(of: .tag(tag), in: end.repository) {
            throw CommandFailure("refusing to clobber existing tag \(target)@\(existing.digest)")
        }
    }
}

extension CommandSpec {
    /// The same command with the options that only transship has, for several platforms.
    fileprivate var takingPlatforms: CommandSpec {
        var spec = self
        spec.flags.append(
            FlagSpec("sparse", .bool, "with --platform: indexes stay as they are, only those images come along"))
        spec.examples.insert(
            .init(
                "Two platforms, as an index of them",
                "cp --platform linux/amd64,linux/arm64 redis:buster registry.example/mirror/redis:buster"), at: 2)
        return spec
    }
}
