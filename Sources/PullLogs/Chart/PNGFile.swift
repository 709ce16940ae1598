import CZlib

/// Pictures of few colours as PNG (ISO/IEC 15948): a palette, one byte a pixel, one compressed block.
enum PNGFile {
    /// - Parameter palette: red, green and blue of each colour, in its lower 24 bits.
    static func bytes(_ raster: Raster, palette: [UInt32]) -> [UInt8] {
        var header = bigEndian(UInt32(raster.width)) + bigEndian(UInt32(raster.height))
        // 8 bits a pixel, by palette; the only compression and filter there are; not interlaced.
        header += [8, 3, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", header)
            + chunk("PLTE", palette.flatMap { bigEndian($0).dropFirst() })
            + chunk("IDAT", compressed(scanlines(raster)))
            + chunk("IEND", [])
    }

    /// Each line of pixels behind a byte that says it is not filtered.
    private static func scanlines(_ raster: Raster) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity((raster.width + 1) * raster.height)
        for row in 0..<raster.height {
            lines.append(0)
            lines += raster.pixels[row * raster.width..<(row + 1) * raster.width]
        }
        return lines
    }

    private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        let bound = Int(compressBound(UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, initialized in
            var length = UInt(bound)
            let result = compress2(buffer.baseAddress, &length, bytes, UInt(bytes.count), 9)
            precondition(result == Z_OK, "zlib has no memory to compress")
            initialized = Int(length)
        }
    }

    private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let named = Array(name.utf8) + content
        return bigEndian(UInt32(content.count)) + named + bigEndian(UInt32(crc32(0, named, UInt32(named.count))))
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}
