// SPDX-License-Identifier: Apache-2.0

/// Decompresses a stream as its bytes are pushed in, and checks everything that the format allows to check.
///
/// After an error the decoder cannot be used again.
package protocol LayerDecoder: AnyObject {
    /// Inflated bytes so far.
    var produced: Int64 { get }

    /// Takes the next bytes of the stream.
    ///
    /// - Parameter output: called with the inflated bytes in order. The memory is reused afterwards.
    func update(
        _ bytes: UnsafeRawBufferPointer, output: (UnsafeRawBufferPointer) -> Void
    ) throws(LayerFailure)

    /// Throws if the bytes were not a complete stream.
    func finish() throws(LayerFailure)
}

extension LayerPacking {
    /// The decoder for this format; nil for uncompressed bytes.
    ///
    /// - Parameter window: the size of its window, in bytes.
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
