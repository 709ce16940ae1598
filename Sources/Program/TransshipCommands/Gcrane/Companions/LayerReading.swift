// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import LayerVerification
import NIOCore
import OCI

/// A layer being unpacked, for its diff ID and the grammar of its archive.
struct LayerReading: ~Copyable {
    /// What is inside.
    private struct Archive {
        var inspector = TarInspector()
        var hash = ContentHash(.sha256)

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
            hash.update(bytes)
            try inspector.take(bytes)
        }
    }

    private var unpacker = LayerUnpacker()
    private var archive = Archive()

    mutating func take(_ buffer: ByteBuffer) throws {
        try buffer.withUnsafeReadableBytes { bytes in try unpacker.update(bytes) { try archive.take($0) } }
    }

    /// The diff ID.
    mutating func finish() throws -> Digest {
        try unpacker.finish { try archive.take($0) }
        try archive.inspector.finish()
        return archive.hash.finish()
    }
}
