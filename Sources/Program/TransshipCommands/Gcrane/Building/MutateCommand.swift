// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import GcraneSyntax
import ImageAssembly
import OCI
import Reporting

/// `mutate`: an image of a registry with another config, other annotations or layers on top.
struct MutateCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "mutate", "IMAGE", .exactly(1), summary: "change how an image of a registry runs, its labels, its layers",
            flags: [
                FlagSpec("annotation", short: "a", .pairs, "annotations to add to the manifest", defaultText: "[]"),
                FlagSpec("append", .list, "tarballs to append as layers; - is standard input"),
                FlagSpec("cmd", .list, "command to set"),
                FlagSpec("entrypoint", .list, "entrypoint to set; the command falls away unless --cmd sets one"),
                FlagSpec("env", short: "e", .variables, "environment variable to set"),
                FlagSpec("exposed-ports", .list, "ports to expose, instead of those that are"),
                FlagSpec("label", short: "l", .pairs, "labels to add", defaultText: "[]"),
                FlagSpec("output", short: "o", .string, "write the image to this tarball instead of a registry"),
                FlagSpec("repo", .string, "send the image to this repository, without a tag"),
                FlagSpec(
                    "set-platform", .string, "platform the config names, os/arch[/variant][:osversion]"),
                FlagSpec("tag", short: "t", .string, "name to send the image to, instead of the one it has"),
                FlagSpec("user", short: "u", .string, "user to run as"),
                FlagSpec("workdir", short: "w", .string, "folder to run in"),
            ])
        spec.notes = [
            """
            Of an index, the image for linux/amd64 is changed unless --platform says otherwise, and takes the index's
            place unless --tag or --repo says otherwise. Signatures of the image are not those of the changed one.
            """
        ]
        spec.examples = [
            .init("Add a label", "mutate registry.example/app:v1 -l team=blue -t registry.example/app:v1-blue")
        ]
        return spec
    }

    private var text: String { job.arguments[0] }
    private var annotations: [String: String] { job.flags.map("annotation") }

    func run() async throws {
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            try await refuseAnnotatedIndex(connections)
            if isSet("repo"), isSet("tag") {
                throw CommandFailure("repository can't be set when a tag is specified")
            }
            let base = try await wrapping("pulling \(text.displayable)") {
                try await ImageBase(text, platform: job.platform(), connections)
            }
            var draft = try base.draft()
            try NewLayers(job.flags.list("append"), job).add(to: &draft)
            try change(&draft.config)
            draft.manifest.set(annotations: annotations)
            let image = base.assembled(draft)
            let name = value("repo") ?? value("tag") ?? text
            if let path = value("output") { return try await save(image, as: name, to: path) }
            try await send(image, of: base.reference, to: name, connections)
        }
    }

    private func send(_ image: AssembledImage, of base: Reference, to name: String, _ connections: Connections)
        async throws
    {
        let digest = image.manifest.digest
        let named = try await wrapping("parsing \(name.displayable)") { try name.bareReference() }
        let full = "\(named.repositoryName)@\(digest)"
        let goesByDigest = named.digest != nil || isSet("repo")
        let target = goesByDigest ? try full.bareReference() : named
        try await wrapping("pushing \(target)") { try await send(image, of: base, to: target, connections) }
        job.console.output(full)
    }

    /// Refuses annotations on an index, as crane does: crane has not decided what they would apply to.
    private func refuseAnnotatedIndex(_ connections: Connections) async throws {
        guard !annotations.isEmpty else { return }
        let reference = try text.bareReference()
        let head = try await connections.store(reference.registry).head(reference.selector, in: reference.repository)
        guard head.mediaType.manifestKind != .index else {
            throw CommandFailure("mutating annotations on an index is not yet supported")
        }
    }

    private func change(_ config: inout ConfigDocument) throws {
        try refuseEmptyValues(job.flags.map("label"))
        try refuseEmptyValues(annotations)
        config.set(labels: job.flags.map("label"))
        do throws(DocumentProblem) { try config.set(variables: job.flags.variables("env")) } catch {
            throw CommandFailure("\(error)")
        }
        let (entrypoint, command) = (job.flags.list("entrypoint"), job.flags.list("cmd"))
        if !entrypoint.isEmpty { config.set(entrypoint: entrypoint) }
        if !command.isEmpty { config.set(command: command) }
        if let user = value("user") { config.set(user: user) }
        if let folder = value("workdir") { config.set(workingFolder: folder) }
        let ports = job.flags.list("exposed-ports")
        if !ports.isEmpty { config.set(ports: ports) }
        if let platform = value("set-platform") {
            do throws(PlatformError) { config.set(platform: try Platform(parsing: platform)) } catch {
                throw CommandFailure("\(error)")
            }
        }
    }

    private func refuseEmptyValues(_ pairs: [String: String]) throws {
        guard let empty = pairs.filter({ $0.value.isEmpty }).keys.min() else { return }
        throw CommandFailure("parsing label \"\(empty.displayable)\", value is empty")
    }

    /// A flag's text; an empty one counts as none.
    private func value(_ flag: String) -> String? { job.flags.text(flag).flatMap { $0.isEmpty ? nil : $0 } }

    private func isSet(_ flag: String) -> Bool { value(flag) != nil }
}

extension FlagValues {
    /// Pairs as a map: the last value of a key counts.
    fileprivate func map(_ name: String) -> [String: String] {
        Dictionary(pairs(name).map { ($0.key, $0.value) }) { $1 }
    }
}
