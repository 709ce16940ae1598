import Content
import Distribution
import DockerArchive
import GcraneSyntax
import OCI
import Reporting

struct ValidateCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "validate", "", .none, summary: "check that an image is whole",
            flags: [
                FlagSpec("fast", nil, .bool, "do not read the layers, only ask for them"),
                FlagSpec("remote", nil, .string, "the image to check, in a registry"),
                FlagSpec("tarball", nil, .string, "the image to check, in a file"),
            ])
        spec.examples = [.init("After a copy", "validate --remote registry.example/mirror/debian:buster")]
        return spec
    }

    func run() async throws {
        if let path = job.flags.text("tarball"), !path.isEmpty { try validate(tarball: path) }
        if let image = job.flags.text("remote"), !image.isEmpty { try await validate(remote: image) }
    }

    /// An archive names no digests of its layers: it is whole if everything in it is there and can be read.
    private func validate(tarball path: String) throws {
        do {
            let archive = try DockerArchive(path)
            _ = try ArchiveStore(archive.image(tagged: nil), of: archive)
        } catch {
            throw CommandFailure("failed to read image \(path.displayable): \(error)")
        }
        job.console.output("PASS: \(path.displayable)")
    }

    private func validate(remote image: String) async throws {
        try await job.connected { connections in
            let (reader, content) = try await wrapping("failed to read image \(image.displayable)") {
                let reference = try image.reference("parsing reference")
                let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
                return (reader, try await reader.manifest(for: job.platform()))
            }
            var check = ImageCheck(reader: reader, readsLayers: !job.flags.bool("fast"))
            do {
                try await check.run(content)
            } catch let failure as ContentFailure where failure.kind != .cancelled {
                job.console.output("FAIL: \(image.displayable): \(failure.message)")
                throw CommandFailure(failure.message, hint: failure.hint)
            }
            job.console.output("PASS: \(image.displayable)")
        }
    }
}

/// Reads everything an image reaches, each content once, against digest and size.
private struct ImageCheck {
    let reader: ImageReader
    let readsLayers: Bool
    private var seen: Set<Digest> = []

    init(reader: ImageReader, readsLayers: Bool) {
        self.reader = reader
        self.readsLayers = readsLayers
    }

    mutating func run(_ content: ManifestContent) async throws {
        let manifest = try content.parsed()
        for child in manifest.children where seen.insert(child.digest).inserted {
            let content = try await reader.store.manifest(.digest(child.digest), in: reader.reference.repository)
            guard content.bytes.count == child.size else { throw Self.wrongSize(child, content.bytes.count) }
            try await run(content)
        }
        for blob in manifest.blobs where !blob.mediaType.isNonDistributable && seen.insert(blob.digest).inserted {
            let isConfig = blob.digest == manifest.config?.digest
            do { try await check(blob, isConfig: isConfig) } catch var failure as ContentFailure {
                failure.message = "validating \(isConfig ? "config" : "layers"): \(failure.message)"
                throw failure
            }
        }
    }

    private func check(_ blob: Descriptor, isConfig: Bool) async throws {
        let (store, repository) = (reader.store, reader.reference.repository)
        guard readsLayers || isConfig else {
            guard try await store.hasBlob(blob, in: repository) else {
                throw ContentFailure(.notFound, "blob \(blob.digest) is missing")
            }
            return
        }
        let opened = try await store.blob(blob, in: repository, from: 0)
        for try await _ in VerifiedBlob(opened.bytes, expecting: blob) {}
    }

    private static func wrongSize(_ child: Descriptor, _ size: Int) -> ContentFailure {
        ContentFailure(.corrupt, "manifest \(child.digest) has \(size) bytes, its index says \(child.size)")
    }
}
