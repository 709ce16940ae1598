// SPDX-License-Identifier: Apache-2.0

import Content
import LayerVerification
import NIOCore
package import OCI
import OCILayout

/// Inspects the unpacked content of a layer.
package protocol ArchiveInspector {
    mutating func take(_ bytes: UnsafeRawBufferPointer) throws

    /// Throws if the bytes were not a complete archive.
    mutating func finish() throws
}

/// A tar archive on this machine that becomes a layer: unchanged if it is compressed, otherwise compressed with gzip
/// while it is sent.
package struct LayerFile: Sendable {
    /// The layer's descriptor in a manifest.
    package let descriptor: Descriptor
    /// The digest of the unpacked archive, which the config lists.
    package let diffID: Digest
    private let file: LayoutFile
    private let isPlain: Bool
    /// Whether the layer is compressed with zstd. crane prints this, and scripts may depend on it.
    package var isZstandard: Bool { descriptor.mediaType == .ociZstandardLayer }

    /// Reads the whole file once, to compute its digests. Blocks.
    ///
    /// - Parameters:
    ///   - isOCI: true for OCI's media types, false for Docker's.
    ///   - inspector: checks that the content is an archive.
    /// - Throws: `FileProblem`, `LayerFailure`, `LayerFileProblem`.
    package init(_ path: String, isOCI: Bool, inspector: some ArchiveInspector) throws {
        file = try LayoutFile(reading: path)
        let packing = LayerPacking(start: try file.read(at: 0, count: 4).readableBytesView)
        isPlain = packing == .tar
        let measures = try Self.measure(file, packing, inspector)
        diffID = measures.diffID
        descriptor = Descriptor(
            mediaType: Self.mediaType(packing, isOCI: isOCI), digest: measures.digest, size: measures.size)
    }

    private static func mediaType(_ packing: LayerPacking, isOCI: Bool) -> MediaType {
        // Docker has no media type for zstd that runtimes know.
        if packing == .zstd { return .ociZstandardLayer }
        return isOCI ? .ociGzipLayer : .dockerGzipLayer
    }

    /// The layer's bytes to send. A layer that is compressed while it is sent starts at 0, whatever range was
    /// requested.
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

    private static func measure(
        _ file: LayoutFile, _ packing: LayerPacking, _ inspector: some ArchiveInspector
    ) throws -> Measures {
        var archive = Archive(inspector: inspector)
        return packing == .tar ? try measurePlain(file, &archive) : try measurePacked(file, &archive)
    }

    private static func measurePlain(_ file: LayoutFile, _ archive: inout Archive) throws -> Measures {
        let deflater = try GzipDeflater()
        var (packed, size) = (ContentHash(.sha256), Int64(0))
        func take(_ buffer: ByteBuffer) {
            packed.update(buffer)
            size += Int64(buffer.readableBytes)
        }
        try eachBuffer(of: file) { buffer in
            try buffer.withUnsafeReadableBytes { try archive.take($0) }
            take(deflater.packed(buffer))
        }
        take(deflater.end())
        return Measures(diffID: try archive.finish(), digest: packed.finish(), size: size)
    }

    private static func measurePacked(_ file: LayoutFile, _ archive: inout Archive) throws -> Measures {
        var unpacker = LayerUnpacker(limit: unlimited)
        var packed = ContentHash(.sha256)
        try eachBuffer(of: file) { buffer in
            packed.update(buffer)
            try buffer.withUnsafeReadableBytes { bytes in try unpacker.update(bytes) { try archive.take($0) } }
        }
        try unpacker.finish { try archive.take($0) }
        return Measures(diffID: try archive.finish(), digest: packed.finish(), size: file.size)
    }

    /// The file is the user's own, so its compression ratio is practically not limited.
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

/// Inspects and hashes the unpacked content.
private struct Archive {
    var inspector: any ArchiveInspector
    var hash = ContentHash(.sha256)

    init(inspector: some ArchiveInspector) { self.inspector = inspector }

    mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
        hash.update(bytes)
        do { try inspector.take(bytes) } catch { throw LayerFileProblem.noArchive("\(error)") }
    }

    /// Ends the content and returns the diff ID.
    mutating func finish() throws -> Digest {
        do { try inspector.finish() } catch { throw LayerFileProblem.noArchive("\(error)") }
        return hash.finish()
    }
}

/// Why a file cannot be used as a layer.
package enum LayerFileProblem: Error, CustomStringConvertible {
    /// The file became shorter while it was read.
    case cut
    /// The content is not a tar archive, or the archive is not complete.
    case noArchive(String)

    package var description: String {
        switch self {
        case .cut: "unexpected EOF"
        case .noArchive(let reason): "not a whole tar archive: \(reason)"
        }
    }
}

/// Compresses bytes with gzip while they are read.
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
