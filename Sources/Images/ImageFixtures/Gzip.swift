// SPDX-License-Identifier: Apache-2.0

import CZlib

extension FixtureContent {
    /// This content as one gzip member without name and time, compressed while it is read.
    ///
    /// - Parameter level: zlib's compression level. 0 stores the bytes, which costs only a copy and is right for noise.
    package func gzipped(level: Int32 = 6) -> FixtureContent {
        FixtureContent {
            let iterator = makeIterator()
            var deflater: Deflater? = Deflater(level: level)
            return AnyIterator {
                while let current = deflater {
                    let chunk = iterator.next()
                    let output = current.compress(chunk ?? [], isLast: chunk == nil)
                    if chunk == nil { deflater = nil }
                    if !output.isEmpty { return output }
                }
                return nil
            }
        }
    }
}

/// zlib's compressor, which writes the gzip format.
private final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>
    private static let outputSize = 256 << 10

    init(level: Int32) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 window bits. Adding 16 selects the gzip format instead of zlib's.
        let result = deflateInit2_(
            stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib has no memory for a compressor")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func compress(_ input: [UInt8], isLast: Bool) -> [UInt8] {
        var input = input
        return input.withUnsafeMutableBufferPointer { buffer in
            stream.pointee.next_in = buffer.baseAddress
            stream.pointee.avail_in = UInt32(buffer.count)
            var output: [UInt8] = []
            repeat { output += step(isLast ? Z_FINISH : Z_NO_FLUSH) } while stream.pointee.avail_out == 0
            return output
        }
    }

    private func step(_ flush: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.outputSize) { buffer, initialized in
            stream.pointee.next_out = buffer.baseAddress
            stream.pointee.avail_out = UInt32(Self.outputSize)
            _ = deflate(stream, flush)
            initialized = Self.outputSize - Int(stream.pointee.avail_out)
        }
    }
}
