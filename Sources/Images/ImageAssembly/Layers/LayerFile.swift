// SPDX-License-Identifier: Apache-2.0

import Content
import LayerVerification
import NIOCore
package import OCI
import OCILayout

/// A tar archive of this machine that becomes a layer: as it is where it is packed, else packed with gzip on its way.
package struct LayerFile: Sendable {
    /// What a manifest says of it.
    package let descriptor: Descriptor
    /// The digest of the archive unpacked, which the config lists.
    package let diffID: Digest
    private let file: LayoutFile
    private let isPlain: Bool
    /// crane says so, and scripts may have got used to it.
    package var isZstandard: Bool { descriptor.mediaType == .ociZstandardLayer }

    /// Reads the file through once, for its digests. Blocks.
    ///
    /// - Parameter isOCI: whose media types the image has, OCI's or Docker's.
    /// - Throws: `FileProblem`, `LayerFailure`, `LayerFileProblem`.
    package init(_ path: String, isOCI: Bool) throws {
        file = try LayoutFile(reading: path)
        let packing = LayerPacking(start: try file.read(at: 0, count: 4).readableBytesView)
        isPlain = packing == .tar
        let measures = try Self.measure(file, packing)
        diffID = measures.diffID
        descriptor = Descriptor(
            mediaType: Self.mediaType(packing, isOCI: isOCI), digest: measures.digest, size: measures.size)
    }

    private static func mediaType(_ packing: LayerPacking, isOCI: Bool) -> MediaType {
        // Docker's types have none for zstd that runtimes know.
        if packing == .zstd { return .ociZstandardLayer }
        return isOCI ? .ociGzipLayer : .dockerGzipLayer
    }

    /// The layer's bytes as they are sent. What is packed on its way begins at its beginning, whatever was asked for.
    func open(_ range: Range<Int64>) -> OpenBlob {
        guard isPlain else { return OpenBlob(startOffset: range.lowerBound, bytes: file.bytes(range)) }
        return OpenBlob(startOffset: 0, bytes: BlobStream(GzippedStream(base: file.bytes(0..<file.size))))
    }

    // MARK: - Measuring

    private struct Measures {
        var diffID: Digest
        var digest: Digest
        var size: Int64
    }

    private static func measure(_ file: LayoutFile, _ packing: LayerPacking) throws -> Measures {
        packing == .tar ? try measurePlain(file) : try measurePacked(file)
    }

    private static func measurePlain(_ file: LayoutFile) throws -> Measures {
        let deflater = try GzipDeflater()
        var (plain, packed, size) = (ContentHash(.sha256), ContentHash(.sha256), Int64(0))
        func take(_ buffer: ByteBuffer) {
            packed.update(buffer)
            size += Int64(buffer.readableBytes)
        }
        try eachBuffer(of: file) { buffer in
            plain.update(buffer)
            take(deflater.packed(buffer))
        }
        take(deflater.end())
        return Measures(diffID: plain.finish(), digest: packed.finish(), size: size)
    }

    private static func measurePacked(_ file: LayoutFile) throws -> Measures {
        var unpacker = LayerUnpacker(limit: unlimited)
        var (plain, packed) = (ContentHash(.sha256), ContentHash(.sha256))
        try eachBuffer(of: file) { buffer in
            packed.update(buffer)
            try buffer.withUnsafeReadableBytes { bytes in try unpacker.update(bytes) { plain.update($0) } }
        }
        try unpacker.finish { plain.update($0) }
        return Measures(diffID: plain.finish(), digest: packed.finish(), size: file.size)
    }

    /// What becomes a layer here is the user's own: it may be packed as well as can be.
    private static let unlimited = ExpansionLimit(ratio: 1 << 20, ceiling: Descriptor.sizes.upperBound)

    private static func eachBuffer(of file: LayoutFile, _ body: (ByteBuffer) throws -> Void) throws {
        var offset: Int64 = 0
        while offset < file.size {
            let count = Swift.min(LayoutFile.readSize, Int(file.size - offset))
            let buffer = try file.read(at: offset, count: count)
            guard buffer.readableBytes > 0 else { throw LayerFileProblem.cut }
            try body(buffer)
            offset += Int64(buffer.readableBytes)
        }
    }
}

/// Why a file is no layer.
package enum LayerFileProblem: Error, CustomStringConvertible {
    /// It became shorter while it was read.
    case cut

    package var description: String {
        switch self {
        case .cut: "unexpected EOF"
        }
    }
}

/// Bytes packed with gzip as they pass.
private struct GzippedStream: AsyncSequence, Sendable {
    let base: BlobStream

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: BlobStream.AsyncIterator
        let deflater: Result<GzipDeflater, any Error>
        var isEnded = false

        mutating func next() async throws -> ByteBuffer? {
            let deflater = try deflater.get()
            guard !isEnded else { return nil }
            if let buffer = try await base.next() { return deflater.packed(buffer) }
            isEnded = true
            return deflater.end()
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), deflater: Result { try GzipDeflater() })
    }
}

extension GzipDeflater {
    fileprivate func packed(_ buffer: ByteBuffer) -> ByteBuffer {
        var output = ByteBuffer()
        buffer.withUnsafeReadableBytes { update($0, into: &output) }
        return output
    }

    fileprivate func end() -> ByteBuffer {
        var output = ByteBuffer()
        finish(into: &output)
        return output
    }
}

extension MediaType {
    static let ociGzipLayer: Self = "application/vnd.oci.image.layer.v1.tar+gzip"
    static let ociZstandardLayer: Self = "application/vnd.oci.image.layer.v1.tar+zstd"
    static let dockerGzipLayer: Self = "application/vnd.docker.image.rootfs.diff.tar.gzip"
}
