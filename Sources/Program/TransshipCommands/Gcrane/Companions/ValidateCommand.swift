// SPDX-License-Identifier: Apache-2.0

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
                FlagSpec("fast", .bool, "do not read the layers, only ask for them"),
                FlagSpec("remote", .string, "the image to check, in a registry"),
                FlagSpec("tarball", .string, "the image to check, in a file"),
            ])
        spec.notes = [
            """
            Everything is read against digest and size; layers must unpack, hold each file
            once and be what the config says (diff IDs); an index must say of its images
            what they say of themselves.
            """
        ]
        spec.examples = [.init("After a copy", "validate --remote registry.example/mirror/debian:buster")]
        return spec
    }

    func run() async throws {
        if let path = job.flags.text("tarball"), !path.isEmpty { try await validate(tarball: path) }
        if let image = job.flags.text("remote"), !image.isEmpty { try await validate(remote: image) }
    }

    private func validate(tarball path: String) async throws {
        let store = try await wrapping("failed to read image \(path.displayable)") { try archive(path) }
        try await judge(path, store.manifest, from: .init(store))
    }

    private func archive(_ path: String) throws -> ArchiveStore {
        do {
            let archive = try DockerArchive(path)
            return try ArchiveStore(compressing: archive.image(tagged: nil), of: archive)
        } catch {
            throw CommandFailure("\(error)")
        }
    }

    private func validate(remote image: String) async throws {
        try await job.connected { connections in
            var (reader, content) = try await wrapping("failed to read image \(image.displayable)") {
                let reference = try image.reference("parsing reference")
                let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
                return (reader, try await reader.manifest(for: nil))
            }
            if let platform = try job.platform() {
                content = try await wrapping("reading image") { try await reader.manifest(in: content, for: platform) }
            }
            let (store, repository) = (reader.store, reader.reference.repository)
            var source = ImageValidation.Source(store, repository)
            source.blob = { try await store.blobFromAnywhere($0, in: repository) }
            try await judge(image, content, from: source)
        }
    }

    private func judge(_ name: String, _ content: ManifestContent, from source: ImageValidation.Source) async throws {
        if let manifest = try? content.parsed(), manifest.kind == .schema1 {
            throw CommandFailure("reading image: \(Schema1Copy.unsupported(manifest.mediaType))")
        }
        let validation = ImageValidation(source, readsLayers: !job.flags.bool("fast")) { [log = job.log] in log.line($0)
        }
        if let problem = try await validation.problem(with: content) {
            job.console.output("FAIL: \(name.displayable): \(problem)")
            throw CommandFailure(problem)
        }
        job.console.output("PASS: \(name.displayable)")
    }
}

extension ImageValidation.Source {
    fileprivate init(_ archive: ArchiveStore) {
        manifest = { try await archive.manifest(.digest($0), in: .layout) }
        blob = { try await archive.blob($0, in: .layout, from: 0).bytes }
        hasBlob = { archive.hasBlob($0) }
    }

    fileprivate init(_ store: RegistryStore, _ repository: Repository) {
        manifest = { try await store.manifest(.digest($0), in: repository) }
        blob = { try await store.blob($0, in: repository, from: 0).bytes }
        hasBlob = { try await store.hasBlob($0, in: repository) }
    }
}
