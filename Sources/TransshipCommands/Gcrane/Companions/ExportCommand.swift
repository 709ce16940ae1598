import Content
import DockerArchive
import GcraneSyntax
import LayerVerification
import NIOCore
import OCI
import Reporting

/// `export`: the files of an image as one tar archive, layers laid over one another.
struct ExportCommand: GcraneCommand {
    let job: GcraneJob

    static func spec(for program: ProgramName) -> CommandSpec {
        var spec = CommandSpec(
            "export", "IMAGE TARBALL|-", .between(1, 2), summary: "write the files of an image as a tarball")
        spec.notes = ["Layers are read from the top down, each once and checked; - is standard output, the default."]
        spec.examples = [.init("Look at what is inside", "export debian:buster - | tar t")]
        return spec
    }

    func run() async throws {
        let image = job.arguments[0]
        let path = job.arguments.count > 1 ? job.arguments[1] : "-"
        guard image != "-" else {
            throw CommandFailure(
                "transship exports images of registries, not of standard input", hint: "crane export - does")
        }
        try await wrapping("pulling \(image.displayable)") {
            try await job.reading(image) { reference, store in
                let reader = ImageReader(store: store, reference: reference)
                let manifest = try await reader.manifest(for: job.platform() ?? .linuxAMD64).parsed()
                let layers = Array(manifest.blobs.dropFirst(manifest.config == nil ? 0 : 1))
                try await export(layers, reader, to: try ExportOutput(path, job.console))
            }
        }
    }

    private func export(_ layers: [Descriptor], _ reader: ImageReader, to output: ExportOutput) async throws {
        var flattener = LayerFlattener()
        for layer in layers.reversed() where !layer.mediaType.isNonDistributable {
            let opened = try await reader.store.blob(layer, in: reader.reference.repository, from: 0)
            try await flatten(VerifiedBlob(opened.bytes, expecting: layer), layer, &flattener, output)
        }
        try output.write(ByteBuffer(bytes: LayerFlattener.end))
        try output.finish()
        if flattener.devicesLeftOut > 0 { job.log.line("left out \(flattener.devicesLeftOut) device files") }
    }

    private func flatten(
        _ blob: VerifiedBlob, _ layer: Descriptor, _ flattener: inout LayerFlattener, _ output: ExportOutput
    ) async throws {
        flattener.beginLayer()
        do {
            var unpacker: LayerUnpacker?
            for try await buffer in blob {
                if unpacker == nil { unpacker = try LayerUnpacker(firstBytes: buffer) }
                var seen = ByteBuffer()
                try unpacker?.take(buffer, into: &flattener, &seen)
                try output.write(seen)
            }
            try unpacker?.finish()
            try flattener.finishLayer()
        } catch let failure as ContentFailure {
            throw failure
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("layer \(layer.digest): \(error)".displayable)
        }
    }
}

/// Bytes of a layer on their way to its files: told by what they begin with, for media types do not always say.
private final class LayerUnpacker {
    private var inflater: GzipInflater?

    init(firstBytes buffer: ByteBuffer) throws {
        let start = buffer.readableBytesView.prefix(4)
        if start.starts(with: [0x1F, 0x8B]) {
            inflater = try GzipInflater()
        } else if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            throw CommandFailure("a layer is compressed with zstd, which export does not read")
        }
    }

    func take(_ buffer: ByteBuffer, into flattener: inout LayerFlattener, _ output: inout ByteBuffer) throws {
        var problem: ArchiveProblem?
        func pass(_ bytes: UnsafeRawBufferPointer) {
            guard problem == nil else { return }
            do throws(ArchiveProblem) { try flattener.take(bytes) { output.writeBytes($0) } } catch { problem = error }
        }
        try buffer.withUnsafeReadableBytes { bytes in
            if inflater == nil { pass(bytes) } else { try inflater?.update(bytes, output: pass) }
        }
        if let problem { throw problem }
    }

    func finish() throws { try inflater?.finish() }
}
