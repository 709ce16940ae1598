import CZlib
import NIOCore

/// Makes one gzip member (RFC 1952) of bytes that are pushed in; the same one of the same bytes, wherever it runs.
final class GzipDeflater {
    /// zlib remembers the address of its state.
    private let stream: UnsafeMutablePointer<z_stream>
    private var checksum = crc32(0, nil, 0)
    private var length: UInt32 = 0
    private var isBegun = false

    /// No name, no time; made for speed, on a system that is not said.
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 0xFF]
    /// Layers are packed while they are sent, so the fastest level is the right one, as it is for crane.
    private static let level: Int32 = 1

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits: no frame, which is written here.
        let result = deflateInit2_(
            stream, Self.level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib has no memory for a compressor")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The packed bytes that are ready.
    func update(_ buffer: ByteBuffer) -> ByteBuffer {
        buffer.withUnsafeReadableBytes { bytes in
            let start = bytes.assumingMemoryBound(to: UInt8.self).baseAddress
            checksum = crc32(checksum, start, UInt32(bytes.count))
            length &+= UInt32(truncatingIfNeeded: bytes.count)
            stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
            stream.pointee.avail_in = UInt32(bytes.count)
            return drain(Z_NO_FLUSH)
        }
    }

    /// The last bytes.
    func finish() -> ByteBuffer {
        stream.pointee.next_in = nil
        stream.pointee.avail_in = 0
        var output = drain(Z_FINISH)
        output.writeInteger(UInt32(checksum), endianness: .little)
        output.writeInteger(length, endianness: .little)
        return output
    }

    private func drain(_ flush: Int32) -> ByteBuffer {
        var output = ByteBuffer()
        if !isBegun { output.writeBytes(Self.header) }
        isBegun = true
        repeat {
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 64 << 10) { space in
                stream.pointee.next_out = space.assumingMemoryBound(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(space.count)
                _ = deflate(stream, flush)
                return space.count - Int(stream.pointee.avail_out)
            }
        } while stream.pointee.avail_out == 0
        return output
    }
}
