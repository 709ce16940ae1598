// SPDX-License-Identifier: Apache-2.0

import CZlib
package import NIOCore

/// Compresses bytes as one gzip member. Equal input gives equal output.
///
/// Like gcrane, at the fastest level, and with the header that Go's compress/gzip writes: no time, no name, no operating
/// system. The data after the header is zlib's, and seldom equal to Go's.
package final class GzipDeflater {
    /// zlib keeps the addresses of both.
    private let stream: UnsafeMutablePointer<z_stream>
    private let header: UnsafeMutablePointer<gz_header>

    private static let unknownSystem: Int32 = 255
    private static let window = 64 << 10

    package init() throws(LayerFailure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        header = .allocate(capacity: 1)
        header.initialize(to: gz_header())
        header.pointee.os = Self.unknownSystem
        let size = Int32(MemoryLayout<z_stream>.size)
        // 15 window bits, the largest; 16 more for gzip's frame. 8 is zlib's usual memory.
        guard
            deflateInit2_(stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK,
            deflateSetHeader(stream, header) == Z_OK
        else { throw LayerFailure(.noMemory, in: .gzip, part: 1, at: 0) }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        header.deallocate()
    }

    /// Takes the next bytes. `output` gets compressed bytes as they become available.
    package func update(_ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
        var rest = bytes
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(piece.count)
            while stream.pointee.avail_in > 0 { step(Z_NO_FLUSH, &output) }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        }
    }

    /// Ends the member.
    package func finish(into output: inout ByteBuffer) {
        stream.pointee.avail_in = 0
        while step(Z_FINISH, &output) == Z_OK {}
    }

    @discardableResult
    private func step(_ flush: Int32, _ output: inout ByteBuffer) -> Int32 {
        var result = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.window) { space in
            stream.pointee.next_out = space.assumingMemoryBound(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(space.count)
            result = deflate(stream, flush)
            return space.count - Int(stream.pointee.avail_out)
        }
        return result
    }
}
