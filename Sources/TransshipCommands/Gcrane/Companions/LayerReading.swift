import Content
import DockerArchive
import LayerVerification
import NIOCore
import OCI

/// A layer being unpacked, for its diff ID and the grammar of its archive.
struct LayerReading: ~Copyable {
    private enum Packing {
        case gzip
        case zstandard
        case plain
    }

    /// What is inside.
    private struct Archive {
        var inspector = TarInspector()
        var hash = ContentHash(.sha256)
        var problem: ArchiveProblem?

        mutating func take(_ bytes: UnsafeRawBufferPointer) {
            hash.update(bytes)
            guard problem == nil else { return }
            do throws(ArchiveProblem) { try inspector.take(bytes) } catch { problem = error }
        }
    }

    private var inflater: GzipInflater
    private var archive = Archive()
    private var packing: Packing?

    init() throws(GzipFailure) { inflater = try GzipInflater() }

    var isZstandard: Bool { packing == .zstandard }

    mutating func take(_ buffer: ByteBuffer) throws {
        let packing = packing ?? Self.packing(buffer.readableBytesView.prefix(4))
        self.packing = packing
        try buffer.withUnsafeReadableBytes { bytes in
            switch packing {
            case .gzip: try inflater.update(bytes) { archive.take($0) }
            case .plain: archive.take(bytes)
            case .zstandard: break
            }
        }
        if let problem = archive.problem { throw problem }
    }

    private static func packing(_ start: some Collection<UInt8>) -> Packing {
        if start.starts(with: [0x1F, 0x8B]) { return .gzip }
        return start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .zstandard : .plain
    }

    /// - Returns: nil for what was not unpacked.
    mutating func finish() throws -> Digest? {
        if packing == .zstandard { return nil }
        if packing == .gzip { try inflater.finish() }
        try archive.inspector.finish()
        return archive.hash.finish()
    }
}
