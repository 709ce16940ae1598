// SPDX-License-Identifier: Apache-2.0

/// Unpacks a layer as its bytes are pushed in, by what they begin with.
///
/// After a throw the stream is spent.
package struct LayerUnpacker: ~Copyable {
    /// nil until enough bytes have come to tell.
    private var packing: LayerPacking?
    private var head: [UInt8] = []
    private var gzip: GzipInflater?
    private var zstandard: ZstandardInflater?
    private let limit: ExpansionLimit

    /// zstd's frames begin with as many bytes, gzip's members with fewer.
    private static let headLength = 4

    package init(limit: ExpansionLimit = ExpansionLimit()) { self.limit = limit }

    /// Takes the next bytes of the layer.
    ///
    /// - Parameter output: gets the unpacked bytes in order, in memory that is used again afterwards.
    /// - Throws: `GzipFailure`, `ZstandardFailure`, and what `output` throws.
    package mutating func update(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if packing != nil { return try unpack(bytes, output) }
        head += bytes
        if head.count >= Self.headLength { try begin(output) }
    }

    /// Says whether the bytes were a whole stream.
    package mutating func finish(output: (UnsafeRawBufferPointer) throws -> Void) throws {
        if packing == nil { try begin(output) }
        try gzip?.finish()
        try zstandard?.finish()
    }

    private mutating func begin(_ output: (UnsafeRawBufferPointer) throws -> Void) throws {
        let start = head
        head = []
        let packing = LayerPacking(start: start)
        self.packing = packing
        switch packing {
        case .tar: break
        case .gzip: gzip = try GzipInflater(limit: limit)
        case .zstd: zstandard = ZstandardInflater(limit: limit)
        }
        try start.withUnsafeBytes { try unpack($0, output) }
    }

    private mutating func unpack(
        _ bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        // The decoders' own outputs do not throw.
        var problem: (any Error)?
        func pass(_ bytes: UnsafeRawBufferPointer) {
            guard problem == nil else { return }
            do { try output(bytes) } catch { problem = error }
        }
        switch packing {
        case .gzip: try gzip?.update(bytes, output: pass)
        case .zstd: try zstandard?.update(bytes, output: pass)
        case .tar, nil: pass(bytes)
        }
        if let problem { throw problem }
    }
}
