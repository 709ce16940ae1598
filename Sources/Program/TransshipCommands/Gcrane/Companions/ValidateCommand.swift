// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import DockerArchive
import GcraneSyntax
import OCI
import RegistryTasks
import Reporting
import TransferEngine

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
        let subject = ImageCheck.Subject(
            store: .local(path), selector: .digest(store.manifest.digest), name: path, readsLayers: readsLayers)
        try await judge(path, subject, at: .init(store))
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
        let reference = try await wrapping("failed to read image \(image.displayable)") {
            try image.reference("parsing reference")
        }
        let subject = ImageCheck.Subject(
            store: StoreID(reference.registry), selector: reference.selector, platform: try job.platform(),
            name: reference.description, readsLayers: readsLayers)
        try await job.connected { connections in
            let store = connections.planStore(reference.registry)
            try await judge(image, subject, at: .init(store, reference.repository))
        }
    }

    private var readsLayers: Bool { !job.flags.bool("fast") }

    /// - Parameter name: the name of the image, as the user typed it.
    private func judge(_ name: String, _ subject: ImageCheck.Subject, at source: ImageCheck.Source) async throws {
        let check = ImageCheck(
            settings: CopySettings.requests(connections: GcraneJob.usualConnections), examiner: ArchiveExaminer()
        ) { [log = job.log] in log.tell($0) }
        switch await check.execute(subject, at: source) {
        case nil: throw CommandFailure.interrupted
        case .unread(let failure)?:
            try await wrapping("failed to read image \(name.displayable)") { throw failure }
        case .notChosen(let failure)?: try await wrapping("reading image") { throw failure }
        case .schema1(let type)?: throw CommandFailure("reading image: \(Schema1Copy.unsupported(type))")
        case .checked(let findings)?: try tell(findings, of: name)
        }
    }

    private func tell(_ findings: ImageFindings, of name: String) throws {
        for remark in findings.remarks { job.log.line(remark) }
        if let problem = findings.problem {
            job.console.output("FAIL: \(name.displayable): \(problem)")
            throw CommandFailure(problem)
        }
        job.console.output("PASS: \(name.displayable)")
    }
}

extension ImageCheck.Source {
    fileprivate init(_ archive: ArchiveStore) {
        self.init(
            manifest: { selector throws(ContentFailure) in try await archive.manifest(selector, in: .layout) },
            blob: { blob throws(ContentFailure) in try await archive.blob(blob, in: .layout, from: 0).bytes },
            hasBlob: { archive.hasBlob($0) })
    }

    fileprivate init(_ store: RegistryStore, _ repository: Repository) {
        self.init(
            manifest: { selector throws(ContentFailure) in try await store.manifest(selector, in: repository) },
            blob: { blob throws(ContentFailure) in try await store.blobFromAnywhere(blob, in: repository) },
            hasBlob: { blob throws(ContentFailure) in try await store.hasBlob(blob, in: repository) },
            allowance: { store.pullAllowance() })
    }
}
