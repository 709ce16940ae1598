// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import ImageAssembly
import LayerVerification
import NIOCore
import OCI
import OCILayout
import RegistryTasks
import Reporting

/// `pull --format=legacy`: an archive in the form that Docker wrote before version 1.10.
extension PullCommand {
    func pull(_ references: [Reference], intoLegacyArchive path: String) async throws {
        try await job.connected { connections in
            var sources: [(ImageReader, ManifestContent)] = []
            for reference in references {
                let reader = ImageReader(store: connections.store(reference.registry), reference: reference)
                sources.append((reader, try await reader.manifest(for: job.platform() ?? .linuxAMD64)))
            }
            try await wrapping("saving legacy tarball \(path.displayable)") {
                var writer: LegacyArchiveWriter
                do { writer = try LegacyArchiveWriter(path) } catch { throw CommandFailure("\(error)".displayable) }
                for image in try await images(sources) { try await image.add(to: &writer, cache, job) }
                try await writer.finish()
            }
        }
    }

    /// The images in crane's order, which is the order of their configs' digests.
    private func images(_ sources: [(ImageReader, ManifestContent)]) async throws -> [LegacyImage] {
        var images: [LegacyImage] = []
        for (reader, content) in sources {
            images.append(LegacyImage(reader: reader, image: try await reader.image(of: content)))
        }
        return images.sorted { $0.configName < $1.configName }
    }
}

/// An image for an archive of this form.
private struct LegacyImage {
    let reader: ImageReader
    let image: ImageReader.Image

    private var layers: [Descriptor] { Array(image.manifest.blobs.dropFirst()) }

    var configName: String { String(ContentHash.digest(of: image.config).hex) }

    func add(to writer: inout LegacyArchiveWriter, _ cache: LayerCache?, _ job: GcraneJob) async throws {
        let diffIDs = Dictionary(zip(layers.map(\.digest), image.diffIDs)) { first, _ in first }
        try await writer.add(listing()) { layer in
            let file = try await file(of: layer, diffIDs[layer.digest], cache, job)
            return LegacyArchiveWriter.Content(size: file.size, bytes: file.bytes(0..<file.size))
        }
    }

    /// An unpacked layer in a file, because an archive states how large a file is before its first byte.
    private func file(
        of layer: Descriptor, _ diffID: Digest?, _ cache: LayerCache?, _ job: GcraneJob
    ) async throws -> LayoutFile {
        guard let cache, let diffID else {
            return try await TemporaryFiles(job.context.environment).file { try await unpack(layer, $0) }
        }
        return try await cache.unpackedLayer(diffID) { try await unpack(layer, $0) }
    }

    private func listing() throws -> LegacyArchiveWriter.Image {
        guard !layers.isEmpty else {
            throw CommandFailure(
                "\(reader.reference) has no layers, and a legacy tarball knows an image by its topmost one",
                hint: "leave out --format=legacy: docker load takes the other form, too")
        }
        let chain: [LegacyLayer]
        do throws(DocumentProblem) { chain = try LegacyLayer.chain(of: layers, config: image.config) } catch {
            throw CommandFailure("\(error)")
        }
        // An image that was asked for by its digest has no name.
        return LegacyArchiveWriter.Image(
            name: reader.reference.digest == nil ? reader.reference.asTyped : nil, config: image.config,
            layers: zip(chain, layers).map { .init(id: $0.id, document: $0.document, descriptor: $1) })
    }

    /// Passes a layer's unpacked bytes to `write`.
    private func unpack(_ layer: Descriptor, _ write: (UnsafeRawBufferPointer) throws -> Void) async throws {
        let opened = try await reader.store.blob(layer, in: reader.reference.repository, from: 0)
        var unpacker = LayerUnpacker()
        do {
            for try await buffer in VerifiedBlob(opened.bytes, expecting: layer) {
                try buffer.withUnsafeReadableBytes { try unpacker.update($0, output: write) }
            }
            try unpacker.finish(output: write)
        } catch let problem as LayerFailure {
            throw CommandFailure("layer \(layer.digest): \(problem.packing.rawValue): \(problem)")
        }
    }
}

extension ImageReader.Image {
    /// The diff IDs of the layers, in their order; empty if the config is not that of an image.
    fileprivate var diffIDs: [Digest] { (try? ImageConfig(config))?.diffIDs ?? [] }
}
