// SPDX-License-Identifier: Apache-2.0

import CZlib
import ImageFixtures
import OCI

struct NotGzip: Error {}

/// One gzip member's content, by zlib's own check of header, CRC and length.
func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
    var input = bytes
    var stream = z_stream()
    guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        throw NotGzip()
    }
    defer { inflateEnd(&stream) }
    return try input.withUnsafeMutableBufferPointer { buffer in
        stream.next_in = buffer.baseAddress
        stream.avail_in = UInt32(buffer.count)
        return try inflateAll(&stream)
    }
}

private func inflateAll(_ stream: inout z_stream) throws -> [UInt8] {
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let (result, count) = piece.withUnsafeMutableBufferPointer { buffer in
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(buffer.count)
            let result = inflate(&stream, Z_NO_FLUSH)
            return (result, buffer.count - Int(stream.avail_out))
        }
        output += piece[..<count]
        if result == Z_STREAM_END && stream.avail_in == 0 { return output }
        guard result == Z_OK else { throw NotGzip() }
    }
}

extension FixtureManifest {
    /// What the product reads in this manifest.
    func read() throws -> Manifest { try Manifest(bytes, contentType: mediaType) }
}

extension FixtureImage {
    func blob(_ digest: Digest) -> FixtureBlob? { blobs.first { $0.descriptor.digest == digest } }
}

/// The folder `Fixtures` of this checkout.
let fixtureFiles = FixtureFiles(
    fixtures: #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Fixtures")
