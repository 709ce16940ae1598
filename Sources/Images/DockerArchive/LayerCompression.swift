// SPDX-License-Identifier: Apache-2.0

import Content
package import NIOCore

/// Compresses an uncompressed layer of an archive. Equal input must give equal output, because a layer is compressed
/// twice: for its digest, and while it is sent.
package protocol LayerCompressor {
    func update(_ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer)
    func finish(into output: inout ByteBuffer)
}

/// Creates the compressor of one layer.
package typealias LayerCompression = @Sendable () throws -> any LayerCompressor

/// A layer's bytes, compressed while they are read.
struct CompressedBytes: AsyncSequence, Sendable {
    let plain: BlobStream
    let compression: LayerCompression
    /// The number of compressed bytes to skip at the beginning.
    let skipping: Int64

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var plain: BlobStream.AsyncIterator
        fileprivate let compressor: Result<any LayerCompressor, any Error>
        fileprivate var skipping: Int64
        fileprivate var isFinished = false

        mutating func next() async throws -> ByteBuffer? {
            let compressor = try compressor.get()
            while !isFinished {
                var output = ByteBuffer()
                if let buffer = try await plain.next() {
                    buffer.withUnsafeReadableBytes { compressor.update($0, into: &output) }
                } else {
                    compressor.finish(into: &output)
                    isFinished = true
                }
                let skipped = Int(Swift.min(skipping, Int64(output.readableBytes)))
                output.moveReaderIndex(forwardBy: skipped)
                skipping -= Int64(skipped)
                if output.readableBytes > 0 { return output }
            }
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(plain: plain.makeAsyncIterator(), compressor: Result { try compression() }, skipping: skipping)
    }
}
