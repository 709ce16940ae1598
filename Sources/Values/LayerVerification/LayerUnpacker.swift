// SPDX-License-Identifier: Apache-2.0

/// Unpacks a layer as its bytes are pushed in. Detects the compression by the first bytes.
///
/// After an error the unpacker cannot be used again.
package struct LayerUnpacker: ~Copyable {
    /// nil until enough bytes have arrived to detect it.
    private var packing: LayerPacking?
    private var head: [UInt8] = []
    private var decoder: (any LayerDecoder)?
    private let limit: ExpansionLimit

    /// zstd's frames begin with as many bytes, gzip's members with fewer.
    private static let headLength = 4

    package init(limit: ExpansionLimit = ExpansionLimit()) { self.limit = limit }

    /// Takes the next bytes of the layer.
    ///
    /// - Parameter output: called with the unpacked bytes in order. The memory is reused afterwards.
    /// - Throws: `LayerFailure`, and what `output` throws.
    package mutating func update(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if packing != nil { return try unpack(bytes, output) }
        head += bytes
        if head.count >= Self.headLength { try begin(output) }
    }

    /// Throws if the bytes were not a complete stream.
    package mutating func finish(output: (UnsafeRawBufferPointer) throws -> Void) throws {
        if packing == nil { try begin(output) }
        try decoder?.finish()
    }

    private mutating func begin(_ output: (UnsafeRawBufferPointer) throws -> Void) throws {
        let start = head
        head = []
        let packing = LayerPacking(start: start)
        (self.packing, decoder) = (packing, try packing.decoder(limit: limit))
        try start.withUnsafeBytes { try unpack($0, output) }
    }

    private func unpack(
        _ bytes: UnsafeRawBufferPointer, _ output: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let decoder else { return try output(bytes) }
        // A decoder's own output does not throw.
        var problem: (any Error)?
        try decoder.update(bytes) { bytes in
            guard problem == nil else { return }
            do { try output(bytes) } catch { problem = error }
        }
        if let problem { throw problem }
    }
}
