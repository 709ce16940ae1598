// SPDX-License-Identifier: Apache-2.0

/// Unpacks a stream of one kind of packing as its bytes are pushed in, and checks everything that the format lets one check.
///
/// After a throw the stream is spent.
package protocol LayerDecoder: AnyObject {
    /// Inflated bytes so far.
    var produced: Int64 { get }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameter output: gets the inflated bytes in order, in memory that is used again afterwards.
    func update(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure)

    /// Says whether the bytes were a whole stream.
    func finish() throws(LayerFailure)
}

extension LayerPacking {
    /// What unpacks it; nil for what is not packed.
    ///
    /// - Parameter window: bytes that it may look back, and keeps for that.
    func decoder(
        limit: ExpansionLimit, window: Int = ZstandardInflater.largestWindow
    ) throws(LayerFailure) -> (any LayerDecoder)? {
        switch self {
        case .tar: nil
        case .gzip: try GzipInflater(limit: limit)
        case .zstd: try ZstandardInflater(limit: limit, window: window)
        }
    }
}
