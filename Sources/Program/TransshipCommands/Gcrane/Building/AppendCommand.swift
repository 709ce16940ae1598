// SPDX-License-Identifier: Apache-2.0

import Content
import GcraneSyntax
import ImageAssembly
import OCI
import RegistryTasks
import Reporting

/// `append`: archives as layers on top of an image, or of nothing.
struct AppendCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "append", "", Arity.none, summary: "put tarballs as layers on top of an image",
            flags: [
                FlagSpec("base", short: "b", .string, "image to put them on; without it, on nothing"),
                FlagSpec("new_layer", short: "f", .list, "tarballs to append; - is standard input").required,
                FlagSpec("new_tag", short: "t", .string, "name to send the image to").required,
                FlagSpec("oci-empty-base", .bool, "without a base: an image of OCI's media types, not Docker's"),
                FlagSpec("output", short: "o", .string, "write the image to this tarball instead of a registry"),
                FlagSpec("set-base-image-annotations", .bool, "name the base in the manifest's annotations"),
            ])
        spec.exclusive = ["oci-empty-base", "base"]
        spec.notes = [
            """
            A tarball is sent as it is where gzip or zstd packed it, else packed with gzip on its way. What comes through
            a pipe is kept in a file in TMPDIR first.
            """
        ]
        spec.examples = [
            .init("A folder as a layer", "append -b debian:buster -f files.tar -t registry.example/app:v1")
        ]
        return spec
    }

    private var name: String { job.flags.text("new_tag") ?? "" }

    func run() async throws {
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            guard let text = job.flags.text("base"), !text.isEmpty else {
                return try await appendToNothing(connections)
            }
            let base = try await wrapping("pulling \(text.displayable)") {
                try await ImageBase(text, platform: job.platform(), connections)
            }
            let layers = job.flags.list("new_layer")
            let isAnnotated = job.flags.bool("set-base-image-annotations")
            // The value may be an empty variable. Then crane appends nothing, and the image stays the base.
            guard !layers.isEmpty || isAnnotated else {
                return try await deliver(base.unchanged, of: base.reference, connections)
            }
            var draft = try base.draft()
            try NewLayers(layers, job).add(to: &draft)
            if isAnnotated { draft.manifest.set(annotations: annotations(of: base)) }
            try await deliver(base.assembled(draft), of: base.reference, connections)
        }
    }

    private func appendToNothing(_ connections: Connections) async throws {
        job.log.line("base unspecified, using empty image")
        var draft = ImageDraft(isOCI: job.flags.bool("oci-empty-base"))
        try NewLayers(job.flags.list("new_layer"), job).add(to: &draft)
        try await deliver(draft.assembled(over: nil, in: .layout), of: nil, connections)
    }

    /// Where the image comes from (image-spec, annotations.md).
    private func annotations(of base: ImageBase) -> [String: String] {
        var annotations = ["org.opencontainers.image.base.digest": base.image.content.digest.text]
        if base.reference.digest == nil {
            annotations["org.opencontainers.image.base.name"] = base.reference.canonical
        }
        return annotations
    }

    private func deliver(_ image: AssembledImage, of base: Reference?, _ connections: Connections) async throws {
        if let path = job.flags.text("output"), !path.isEmpty { return try await save(image, as: name, to: path) }
        let target = try await wrapping("pushing image \(name.displayable)") {
            let target = try name.reference("parsing reference")
            try await send(image, of: base, to: target, connections)
            return target
        }
        job.console.output("\(target.repositoryName)@\(image.manifest.digest)")
    }
}
