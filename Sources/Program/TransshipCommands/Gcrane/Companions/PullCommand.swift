// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import DockerArchive
import GcraneSyntax
import ImageAssembly
import OCI
import OCILayout
import RegistryTasks
import Reporting
import TransferEngine

/// `pull`: images into one archive for `docker load`, or into a layout folder.
struct PullCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "pull", "IMAGE TARBALL", .atLeast(2), summary: "keep images in a file or a folder",
            flags: [
                FlagSpec(
                    "annotate-ref", .bool, "with --format=oci: name each image in the layout as it was typed"),
                FlagSpec(
                    "cache_path", short: "c", .string,
                    "for tarballs: keep layers in this folder, and take them from there"),
                FlagSpec(
                    "format", .string, "tarball, legacy or oci", defaultText: "\"tarball\"",
                    choices: ["tarball", "legacy", "oci"]),
            ])
        spec.notes = [
            "A tarball holds one platform of an index, linux/amd64 unless --platform says otherwise; a layout holds all.",
            "A legacy tarball holds layers unpacked, each in a folder, as docker save wrote them before version 1.10.",
        ]
        spec.examples = [
            .init("For docker load", "pull debian:buster debian.tar"),
            .init("As an OCI image layout", "pull --format=oci debian:buster folder"),
        ]
        return spec
    }

    func run() async throws {
        let (images, path) = (job.arguments.dropLast(), job.arguments[job.arguments.count - 1])
        var named: Set<Reference> = []
        // crane keeps images by their names, so an image that is named twice is pulled once.
        let references = try images.map { try $0.reference("parsing reference") }.filter { named.insert($0).inserted }
        switch job.flags.text("format") ?? "tarball" {
        case "tarball": try await pull(references, intoArchive: path)
        case "oci": try await pull(references, intoLayout: path)
        case "legacy": try await pull(references, intoLegacyArchive: path)
        case let format:
            throw CommandFailure(
                "unexpected --format: \"\(format.displayable)\" (valid values are: tarball, legacy, and oci)")
        }
    }

    // MARK: - Archives

    var cache: LayerCache? {
        job.flags.text("cache_path").flatMap { $0.isEmpty ? nil : LayerCache(folder: $0, log: job.log) }
    }

    private func pull(_ references: [Reference], intoArchive path: String) async throws {
        try await job.connected { connections in
            var images: [(ImageReader, Manifest)] = []
            for reference in references {
                let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
                images.append((reader, try await reader.manifest(for: job.platform() ?? .linuxAMD64).parsed()))
            }
            try await wrapping("saving tarball \(path.displayable)") {
                var writer: ArchiveWriter
                do { writer = try ArchiveWriter(path) } catch { throw CommandFailure("\(error)".displayable) }
                for (reader, manifest) in images { try await add(manifest, reader, to: &writer) }
                try await writer.finish()
            }
        }
    }

    private func add(_ manifest: Manifest, _ reader: ImageReader, to writer: inout ArchiveWriter) async throws {
        guard let config = manifest.config else {
            throw ContentFailure(.unsupported, "unsupported MediaType: \"\(manifest.mediaType)\"")
        }
        let reference = reader.reference
        let listing = ArchiveWriter.Listing(
            tags: [reference.archiveName], config: config, layers: Array(manifest.blobs.dropFirst()))
        let cache = cache
        let fetch = { (blob: Descriptor) in
            let opened = try await reader.store.blob(blob, in: reference.repository, from: 0)
            return VerifiedBlob(opened.bytes, expecting: blob)
        }
        try await writer.add(listing) { blob in
            guard let cache, blob != config else { return try await fetch(blob) }
            return try await cache.layer(blob) { try await fetch(blob) }
        }
    }

    // MARK: - Layouts

    private func pull(_ references: [Reference], intoLayout path: String) async throws {
        let items = references.map { CopyItem(source: $0, layout: path) }
        try await job.connected(connections: CopySettings.connections(job)) { connections in
            try await checkThere(references, connections)
            let log = CopyLog(items: items.map(\.named)) { _ in }
            let results = try await CopyRun(
                items: items, platforms: job.platforms(), job: job, connections: connections
            ).execute(telling: log)
            let layout = LayoutStore(path)
            var entries: [JSON] = []
            for (position, reference) in references.enumerated() {
                guard let digest = results.digest(of: position) else {
                    throw CommandFailure(results.cause(of: position), hint: results.hint)
                }
                let content = try await layout.manifest(.digest(digest), in: .layout)
                var entry =
                    results.chosen(of: position).map { IndexEntry($0).describing(content) }
                    ?? IndexEntry(fetched: content)
                if job.flags.bool("annotate-ref") { entry = entry.named(reference.asTyped) }
                entries.append(entry.document)
            }
            // Lists all images or none, because a script that finds an index takes it for complete. The entries are as
            // crane writes them, so that the list, if it is pushed as an index, has crane's digest.
            try await layout.list(entries)
        }
    }

    /// Checks that all images exist before the first of them is written. If one name is misspelt, nothing is written,
    /// as with crane.
    private func checkThere(_ references: [Reference], _ connections: Connections) async throws {
        guard references.count > 1 else { return }
        let platforms = try job.platforms()?.platforms ?? []
        for reference in references {
            let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
            for platform in platforms { _ = try await reader.manifest(for: platform) }
            guard platforms.isEmpty else { continue }
            // Checked by HEAD, because quotas count GETs. If it is unavailable, the later GET reports why.
            let isThere = try? await reader.store.summary(of: reference.selector, in: reference.repository) != nil
            if isThere != true { _ = try await reader.manifest(for: nil) }
        }
    }
}

extension Reference {
    /// The name of an image in an archive: as the user typed it, because the user will type the same name for docker
    /// run. docker load needs a tag, so an image without one gets the tag that crane gives it.
    var archiveName: String {
        let typed = asTyped.split(separator: "@", maxSplits: 1)[0]
        let afterSlash = typed.lastIndex(of: "/") ?? typed.startIndex
        let name = typed[..<(typed[afterSlash...].lastIndex(of: ":") ?? typed.endIndex)]
        return name + (tag.map { ":\($0)" } ?? ":i-was-a-digest")
    }
}
