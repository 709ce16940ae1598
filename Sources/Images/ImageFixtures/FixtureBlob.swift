// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A blob: its descriptor and its bytes.
package struct FixtureBlob: Sendable {
    package let descriptor: Descriptor
    package let content: FixtureContent

    init(_ content: FixtureContent, _ mediaType: MediaType, algorithm: Digest.Algorithm = .sha256) {
        let (size, digest) = content.measure(algorithm)
        self.content = content
        descriptor = Descriptor(mediaType: mediaType, digest: digest, size: size)
    }

    init(_ json: JSON, _ mediaType: MediaType) {
        self.init(FixtureContent(Array(json.text.utf8)), mediaType)
    }

    private init(_ descriptor: Descriptor, _ content: FixtureContent) {
        self.descriptor = descriptor
        self.content = content
    }

    /// The same bytes with a changed descriptor.
    func describing(_ change: (inout Descriptor) -> Void) -> FixtureBlob {
        var descriptor = descriptor
        change(&descriptor)
        return FixtureBlob(descriptor, content)
    }
}

/// A layer: a blob and the digest of its uncompressed content.
package struct FixtureLayer: Sendable {
    package enum Packing: Sendable {
        /// Compressed with gzip, at zlib's usual level.
        case gzip
        /// Stored uncompressed in gzip's format, for content that cannot be compressed.
        case storedGzip
        case none
        case zstandard
    }

    package var blob: FixtureBlob
    package let diffID: Digest
    package let packing: Packing
    /// The URL of a foreign layer, which by convention is not distributed; nil for other layers.
    package var foreignURL: String?

    package init(_ entries: [TarEntry], _ packing: Packing = .gzip, algorithm: Digest.Algorithm = .sha256) {
        let archive = FixtureContent.tar(entries)
        self.packing = packing
        let content =
            switch packing {
            case .gzip: archive.gzipped()
            case .storedGzip: archive.gzipped(level: 0)
            case .none: archive
            case .zstandard: archive.zstandard()
            }
        blob = FixtureBlob(content, .octetStream, algorithm: algorithm)
        diffID = packing == .none && algorithm == .sha256 ? blob.descriptor.digest : archive.measure().digest
    }

    /// A layer of about `size` bytes that cannot be compressed: one file of noise.
    package init(noise: Noise, size: Int64, path: String = "data") {
        self.init([TarEntry(path, .file(noise.content(size: size), size: size))], .storedGzip)
    }

    /// This layer as a foreign layer, which by convention is not distributed.
    package func foreign(at url: String) -> FixtureLayer {
        var layer = self
        layer.foreignURL = url
        return layer
    }
}
