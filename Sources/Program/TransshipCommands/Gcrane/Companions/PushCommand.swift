// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import Files
import GcraneSyntax
import OCI
import OCILayout
import Reporting
import TransferEngine

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `push`: an image of an archive or a layout folder into a registry.
struct PushCommand: GcraneCommand {
    let job: GcraneJob

    /// The ID of the local source in the run.
    private static let local = StoreID.local("local")

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "push", "PATH IMAGE", .exactly(2), summary: "send an image of a file or a folder to a registry",
            flags: [
                FlagSpec("image-refs", .string, "write the pushed image's name with its digest to this file"),
                FlagSpec("index", .bool, "push all images of a layout as one index"),
            ])
        spec.notes = [
            """
            A folder is read as an OCI image layout, a file as an archive of docker save or
            pull. Layers that an archive has uncompressed are sent as gzip.
            """
        ]
        spec.examples = [.init("What was kept before", "push debian.tar registry.example/debian:buster")]
        return spec
    }

    /// A source with one image to send.
    private struct Local {
        var store: any ContentSource
        var digest: Digest
    }

    func run() async throws {
        let (path, image) = (job.arguments[0], job.arguments[1])
        let local = try await load(path)
        let target = try image.bareReference()
        try target.checkTargetName()
        let item = CopyItem(local: Self.local, digest: local.digest, named: path.displayable, target: target)
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            let log = CopyLog(items: [item.named]) { [log = job.log] in log.line($0) }
            let results = try await CopyRun(
                items: [item], platforms: nil, job: job, connections: connections, local: [Self.local: local.store]
            ).execute(telling: log)
            if let failure = results.failure { throw CommandFailure(failure, hint: results.hint) }
        }
        let name = "\(target.repositoryName)@\(local.digest)"
        if let file = job.flags.text("image-refs"), !file.isEmpty { try write(name, to: file) }
        job.console.output(name)
    }

    private func write(_ name: String, to path: String) throws {
        do throws(FileProblem) { try Files.replace(path, with: Array(name.utf8), access: .usual) } catch {
            throw CommandFailure("failed to write image refs to \(path): \(error)".displayable, hint: error.hint)
        }
    }

    private func load(_ path: String) async throws -> Local {
        if try Self.isFolder(path) { return try await layout(path) }
        do {
            let archive = try DockerArchive(path)
            let store = try ArchiveStore(compressing: archive.image(tagged: nil), of: archive)
            try store.checkLayers()
            return Local(store: store, digest: store.manifest.digest)
        } catch {
            throw CommandFailure("loading \(path.displayable) as tarball: \(error)")
        }
    }

    private static func isFolder(_ path: String) throws -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw CommandFailure("stat \(path.displayable): \(String(cString: strerror(errno)).lowercased())")
        }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    private func layout(_ path: String) async throws -> Local {
        let store = LayoutStore(path)
        let (list, entries) = try await wrapping("loading \(path.displayable) as OCI layout") {
            _ = try Self.isFolder(path + "/index.json")
            return (try await store.indexManifest(), try await store.entries())
        }
        if job.flags.bool("index") { return Local(store: store, digest: list.digest) }
        guard entries.count == 1 else {
            throw CommandFailure("layout contains \(entries.count) entries, consider --index")
        }
        guard [.image, .index].contains(entries[0].mediaType.manifestKind) else {
            let type = "\(entries[0].mediaType)".displayable
            throw CommandFailure("layout contains non-image (mediaType: \"\(type)\"), consider --index")
        }
        return Local(store: store, digest: entries[0].digest)
    }
}
