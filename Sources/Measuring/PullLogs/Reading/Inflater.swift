// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Decompresses a gzip stream in pieces. Several members one after another are one stream (RFC 1952 §2.2).
final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private static let outputSize = 256 << 10
    /// Whether a member has ended and no other has begun.
    private(set) var isBetweenMembers = false

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 window bits. Adding 16 accepts only the gzip format.
        let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib has no memory for a decompressor")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Passes on the decompressed bytes of `input`, in buffers of bounded size.
    func feed(
        _ input: UnsafeBufferPointer<UInt8>, _ output: (UnsafeBufferPointer<UInt8>) throws(UnreadableLog) -> Void
    ) throws(UnreadableLog) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        let space = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: Self.outputSize)
        defer { space.deallocate() }
        repeat {
            if isBetweenMembers {
                guard stream.pointee.avail_in > 0 else { return }
                inflateReset(stream)
                isBetweenMembers = false
            }
            stream.pointee.next_out = space.baseAddress
            stream.pointee.avail_out = UInt32(Self.outputSize)
            let result = inflate(stream, Z_NO_FLUSH)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                throw UnreadableLog(reason: "the gzip data is damaged")
            }
            isBetweenMembers = result == Z_STREAM_END
            try output(UnsafeBufferPointer(rebasing: space[..<(Self.outputSize - Int(stream.pointee.avail_out))]))
        } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
    }
}
