// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import DockerArchive
import GcraneSyntax
import LayerVerification
import NIOCore
import OCI
import RegistryTasks
import Reporting

/// `export`: the files of an image as one tar archive, layers laid over one another.
struct ExportCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "export", "IMAGE|- TARBALL|-", .between(1, 2), summary: "write the files of an image as a tarball")
        spec.notes = [
            """
            Layers are read from the top down and checked, once each, or twice where a hard
            link keeps a file that a layer above replaces; - is standard output, the default.
            """,
            """
            The image - is an archive of docker save or pull on standard input. What is one
            layer and no tar archive, as an artifact's, is written as it is, unpacked.
            """,
        ]
        spec.examples = [
            .init("Look at what is inside", "export debian:buster - | tar t"),
            .init("What was kept before", "export - files.tar < debian.tar"),
        ]
        return spec
    }

    func run() async throws {
        let (image, path) = (job.arguments[0], job.arguments.count > 1 ? job.arguments[1] : "-")
        if image == "-" { return try await write(try archivedLayers(), to: path) }
        let reference = try await wrapping("pulling \(image.displayable)") { try image.reference("parsing reference") }
        try await job.connected { connections in
            let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
            let content = try await wrapping("pulling \(image.displayable)") { try await reader.manifest(for: nil) }
            let layers = try await wrapping("pulling Image \(image.displayable)") {
                try await self.layers(of: content, reader)
            }
            try await write(layers, to: path)
        }
    }

    // MARK: - Layers

    private func layers(of content: ManifestContent, _ reader: ImageReader) async throws -> [ExportedLayer] {
        let (store, repository) = (reader.store, reader.reference.repository)
        let content = try await reader.manifest(in: content, for: job.platform() ?? .linuxAMD64)
        let manifest = try content.parsed()
        if manifest.kind == .schema1 {
            return try Schema1Copy.layers(content.bytes).map { digest in
                ExportedLayer(name: digest.text) { BlobStream(try await store.blob(digest, in: repository)) }
            }
        }
        return manifest.blobs.dropFirst(manifest.config == nil ? 0 : 1).map { layer in
            ExportedLayer(name: layer.digest.text, isTar: LayerFormat(layer.mediaType) != nil) {
                let bytes = try await store.blobFromAnywhere(layer, in: repository)
                return BlobStream(VerifiedBlob(bytes, expecting: layer))
            }
        }
    }

    /// The layers of an archive on standard input. The archive is stored in a temporary file, because its list of
    /// layers is at its end.
    private func archivedLayers() throws -> [ExportedLayer] {
        try TemporaryFiles(job.context.environment).withCopy(of: "-") { path in
            do {
                let archive = try DockerArchive(path)
                return try archive.image(tagged: nil).layers.map { name in
                    _ = try archive.bytes(of: name)
                    return ExportedLayer(name: name) { try archive.bytes(of: name) }
                }
            } catch {
                throw CommandFailure("reading tarball from stdin: \(error)")
            }
        }
    }

    // MARK: - Output

    private func write(_ layers: [ExportedLayer], to path: String) async throws {
        let output = try await wrapping("failed to open \(path.displayable)") { try ExportOutput(path, job.console) }
        if layers.count == 1, !layers[0].isTar {
            try await layers[0].read { try output.write(ByteBuffer(bytes: $0)) }
            return try output.finish()
        }
        var flattener = LayerFlattener()
        for layer in layers.reversed() { try await flatten(layer, by: &flattener, to: output) }
        do throws(ArchiveProblem) { try flattener.finish() } catch { throw CommandFailure("reading tar: \(error)") }
        try output.write(ByteBuffer(bytes: LayerFlattener.end))
        try output.finish()
        if flattener.devicesLeftOut > 0 { job.log.line("left out \(flattener.devicesLeftOut) device files") }
    }

    private func flatten(
        _ layer: ExportedLayer, by flattener: inout LayerFlattener, to output: ExportOutput
    ) async throws {
        flattener.beginLayer()
        try await read(layer, by: &flattener, to: output)
        guard flattener.needsLayerAgain else { return }
        flattener.beginLayerAgain()
        try await read(layer, by: &flattener, to: output)
    }

    private func read(
        _ layer: ExportedLayer, by flattener: inout LayerFlattener, to output: ExportOutput
    ) async throws {
        var seen = ByteBuffer()
        try await layer.read { bytes in
            seen.clear()
            try flattener.take(bytes) { seen.writeBytes($0) }
            try output.write(seen)
        }
        seen.clear()
        do throws(ArchiveProblem) { try flattener.finishLayer { seen.writeBytes($0) } } catch {
            throw layer.failure(error)
        }
        try output.write(seen)
    }
}

/// A layer, which is opened each time that it is read.
private struct ExportedLayer: Sendable {
    /// The layer's name in messages.
    let name: String
    /// Whether its media type says that there are files inside.
    var isTar = true
    let open: @Sendable () async throws -> BlobStream

    init(name: String, isTar: Bool = true, open: @escaping @Sendable () async throws -> BlobStream) {
        self.name = name
        self.isTar = isTar
        self.open = open
    }

    /// Passes the layer's unpacked bytes to `body`.
    func read(_ body: (UnsafeRawBufferPointer) throws -> Void) async throws {
        do {
            var unpacker = LayerUnpacker()
            for try await buffer in try await open() {
                try buffer.withUnsafeReadableBytes { try unpacker.update($0, output: body) }
            }
            try unpacker.finish(output: body)
        } catch let failure as ContentFailure where failure.kind != .cancelled {
            throw CommandFailure("reading layer contents: \(failure.message)", hint: failure.hint)
        } catch let problem as ArchiveProblem {
            throw failure(problem)
        } catch let problem as LayerFailure {
            let packing = problem.packing.rawValue
            throw CommandFailure("reading layer contents: layer \(name.displayable): \(packing): \(problem)")
        }
    }

    func failure(_ problem: ArchiveProblem) -> CommandFailure {
        CommandFailure("reading tar: \(problem)", hint: "in layer \(name.displayable)")
    }
}
