// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import DockerArchive
import GcraneSyntax
import NIOCore
import OCI
import RegistryTasks
import Reporting

struct DigestCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "digest", "IMAGE", .atMost(1), summary: "print the digest of an image",
            flags: [
                FlagSpec("full-ref", .bool, "print repository and digest instead of the digest alone"),
                FlagSpec("tarball", .string, "read the image from this tarball instead of a registry"),
            ])
        spec.examples = [.init("The digest behind a tag", "digest docker.io/library/debian:buster")]
        return spec
    }

    func run() async throws {
        if let tarball = job.flags.text("tarball"), !tarball.isEmpty { return try digest(ofTarball: tarball) }
        guard let image = job.arguments.first else {
            job.console.output(job.invocation.help)
            throw CommandFailure("image reference required without --tarball")
        }
        if (try? image.bareReference()) == nil {
            job.log.line(
                "HEAD request failed, falling back on GET: could not parse reference: \(ReferenceError.shown(image))")
        }
        try await job.reading(image) { reference, store in
            let digest = try await digest(of: reference, store)
            job.console.output(
                job.flags.bool("full-ref") ? "\(reference.repositoryName)@\(digest)" : digest.text)
        }
    }

    /// Asks by HEAD first. If the HEAD fails for any reason, a GET is sent, because its answer says more.
    private func digest(of reference: Reference, _ store: RegistryStore) async throws -> Digest {
        let reader = ImageReader(store: store, reference: reference)
        if let platform = try job.platform() { return try await reader.manifest(for: platform).digest }
        do throws(ContentFailure) {
            return try await store.head(reference.selector, in: reference.repository).digest
        } catch {
            if error.kind == .cancelled { throw error }
            job.log.line("HEAD request failed, falling back on GET: \(error.message)")
        }
        return try await reader.manifest(for: nil).digest
    }

    private func digest(ofTarball path: String) throws {
        if job.flags.bool("full-ref") { throw CommandFailure("cannot specify --full-ref with --tarball") }
        do {
            let archive = try DockerArchive(path)
            let store = try ArchiveStore(compressing: archive.image(tagged: job.arguments.first), of: archive)
            job.console.output(store.manifest.digest.text)
        } catch {
            throw CommandFailure("loading image from \"\(path.displayable)\": \(error)")
        }
    }
}

struct ManifestCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "manifest", "IMAGE", .exactly(1), summary: "print the manifest of an image, byte for byte")
        spec.examples = [.init("What is behind a tag", "manifest docker.io/library/debian:buster")]
        return spec
    }

    func run() async throws {
        let image = job.arguments[0]
        try await wrapping("fetching manifest \(image.displayable)") {
            try await job.reading(image) { reference, store in
                let content = try await ImageReader(store: store, reference: reference).manifest(for: job.platform())
                job.console.output(bytes: content.bytes)
            }
        }
    }
}

struct ConfigCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("config", "IMAGE", .exactly(1), summary: "print the config of an image, byte for byte")
        spec.notes = ["Of an index, the config of the image for linux/amd64 unless --platform says otherwise."]
        spec.examples = [.init("How an image runs", "config docker.io/library/debian:buster")]
        return spec
    }

    func run() async throws {
        let image = job.arguments[0]
        try await wrapping("fetching config") {
            let reference = try image.reference("parsing reference")
            try await wrapping("reading image \"\(image.displayable)\"") {
                try await job.connected { connections in
                    let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
                    job.console.output(bytes: try await reader.image(for: job.platform()).config)
                }
            }
        }
    }
}

struct BlobCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("blob", "BLOB", .exactly(1), summary: "print a blob, byte for byte")
        spec.notes = ["The bytes are checked against the digest; the last ones are held back until it is right."]
        spec.examples = [.init("Keep a layer", "blob ubuntu@sha256:DIGEST > layer.tar.gz")]
        return spec
    }

    func run() async throws {
        let text = job.arguments[0]
        let reference = try text.digestReference("pulling layer \(text.displayable)")
        guard let digest = reference.digest else { return }
        try await job.connected { connections in
            let store = connections.store(reference.registry)
            try await wrapping("pulling layer \(text.displayable)") {
                try await store.prepareReading(reference.repository)
            }
            let blob = try await wrapping("fetching blob \(text.displayable)") {
                try await store.blob(digest, in: reference.repository)
            }
            try await wrapping("copying blob \(text.displayable)") {
                for try await buffer in blob { job.console.output(bytes: Array(buffer.readableBytesView)) }
            }
        }
    }
}

struct IndexListCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec("list", "REF", .exactly(1), summary: "list the manifests of an index")
        spec.examples = [.init("Which platforms there are", "index list docker.io/library/debian:buster")]
        return spec
    }

    func run() async throws {
        let image = job.arguments[0]
        let reference = try image.bareReference()
        try await job.connected { connections in
            let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
            let manifest = try await wrapping("pulling \(reference)") { try await reader.manifest(for: nil).parsed() }
            guard manifest.kind == .index else {
                throw CommandFailure(
                    "expected \(reference) to be an index, got \"\(manifest.mediaType)\"")
            }
            job.console.output(Self.pad("Digest", 70) + " " + Self.pad("MediaType", 20) + " Platform")
            for child in manifest.children { job.console.output(Self.line(child)) }
        }
    }

    private static func line(_ child: Descriptor) -> String {
        let type = child.mediaType.asReceived.displayable
        return pad(child.digest.text, 70) + " " + pad(type, 20) + " " + (child.platform?.description ?? "-")
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
