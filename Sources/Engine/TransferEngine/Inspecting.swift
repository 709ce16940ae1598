// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI

/// An image that a blob is moved for.
package struct UploadingImage: Sendable {
    package var place: ManifestPlace
    package var manifest: ParsedManifest
}

/// The inspection of layers in a run. A run without an inspector skips all of it.
struct RunInspection: Sendable {
    let inspector: any ImageInspector
    var configs = ConfigReader()

    /// The inspection of the blob that is about to be read.
    func inspection(
        of upload: BlobUpload, from store: any ContentSource
    ) async throws(ContentFailure) -> (any BlobInspection)? {
        var image: InspectedImage?
        if inspector.comparesConfigs, let uploading = upload.image {
            image = try await inspected(uploading.manifest) { [repository = upload.source.repository] config in
                // An unavailable config fails in its own copy. The layer may also belong to another image.
                try? await configs.config(config, in: repository, of: store)
            }
        }
        return try inspector.inspection(of: upload.descriptor, in: image)
    }

    /// The bytes of a config. They are read once, although its layers and its own copy need them.
    func bytes(of upload: BlobUpload, from store: any ContentSource) async throws(ContentFailure) -> BlobStream? {
        guard inspector.comparesConfigs, upload.descriptor.mediaType.isImageConfig,
            upload.descriptor.size <= ConfigReader.largest
        else { return nil }
        let config = try await configs.config(upload.descriptor, in: upload.source.repository, of: store)
        return BlobStream(buffers: [ByteBuffer(bytes: config.bytes)])
    }

    /// Compares an image whose blobs are all at the target with what is known of its layers.
    ///
    /// - Parameter side: the side on which the inconsistent image was seen.
    func conclude(
        _ manifest: ParsedManifest, in repository: Repository, of target: any ContentSource,
        blaming side: TransferSide = .source
    ) async throws(TransferFailure) {
        let image: InspectedImage
        do throws(ContentFailure) {
            image = try await inspected(manifest) { config throws(ContentFailure) in
                try await configs.config(config, in: repository, of: target)
            }
        } catch {
            throw TransferFailure(error, side: error.kind == .inconsistent ? side : .target)
        }
        do throws(ContentFailure) { try inspector.conclude(image) } catch {
            throw TransferFailure(error, side: side)
        }
    }

    private func inspected(
        _ parsed: ParsedManifest,
        config read: (Descriptor) async throws(ContentFailure) -> ConfigReader.Config?
    ) async throws(ContentFailure) -> InspectedImage {
        var image = InspectedImage(digest: parsed.digest, manifest: parsed.manifest, config: nil)
        guard let config = parsed.manifest.config, config.mediaType.isImageConfig, let read = try await read(config)
        else {
            return image
        }
        do { image.config = try ImageConfig(read.bytes) } catch {
            throw ContentFailure(.inconsistent, "the config of image \(parsed.digest.short) cannot be read: \(error)")
        }
        return image
    }
}
