// SPDX-License-Identifier: Apache-2.0

import Content
import NIOCore
import OCI
import TransshipTesting

extension ContentTarget {
    /// Blobs, then the manifests below the root, then the root at a tag.
    func place(_ image: SampleImage, in repository: Repository, tag: String = "1") async throws {
        for (digest, bytes) in image.blobs {
            let blob = Descriptor(mediaType: .octetStream, digest: digest, size: Int64(bytes.count))
            guard case .session(let session, _) = try await admit(blob, to: repository, from: nil) else { continue }
            let stream = BlobStream(buffers: [ByteBuffer(bytes: bytes)])
            try await upload(blob, into: session, bytes: VerifiedBlob(stream, expecting: blob))
        }
        for manifest in image.manifests.dropFirst().reversed() {
            try await put(manifest, as: manifest.mediaType, at: .digest(manifest.digest), in: repository)
        }
        try await put(image.root, as: image.root.mediaType, at: .tag(try Tag(tag)), in: repository)
    }
}
