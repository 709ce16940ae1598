// SPDX-License-Identifier: Apache-2.0

import Benchmark
import CZlib
import Content
import Crypto
import ImageFixtures
import LayerVerification
import NIOCore
import OCI

/// What inspecting a layer costs, and what zlib and SHA-256 alone cost for the same bytes.
func verify() {
    Benchmark("unpack and hash \(mebibytes) MiB by zlib and SHA-256 alone") { _, layer in
        inflateAndHash(layer.buffers)
    } setup: {
        layer
    }
    inspect("--verify unpack", hashing: nil)
    inspect("--verify diffid", hashing: .sha256)
}

private func inspect(_ name: String, hashing algorithm: OCI.Digest.Algorithm?) {
    Benchmark("inspect a layer of \(mebibytes) MiB as \(name) does") { _, layer in
        let workers = InflateWorkers(threads: 1)
        let check = LayerCheck(of: layer.descriptor, hashing: algorithm, limit: ExpansionLimit(), on: workers) { _ in }
        let blob = VerifiedBlob(BlobStream(layer), expecting: layer.descriptor, inspection: check)
        for try await buffer in blob { blackHole(buffer) }
    } setup: {
        layer
    }
}

/// Made when first needed, because packing takes seconds.
private let layer = Pieces(
    FixtureContent(prose(mebibytes: mebibytes)).gzipped().bytes,
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")

/// Words drawn with a skew, which gzip shrinks about as much as a layer of programs and text.
private func prose(mebibytes: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let words = (0..<4096).map { _ in (0..<Int.random(in: 2...12)).map { _ in UInt8.random(in: 97...122) } }
    var text: [UInt8] = []
    text.reserveCapacity(1 << 20)
    while text.count < 1 << 20 {
        let skewed =
            Int.random(in: 0..<4096, using: &generator) * Int.random(in: 0..<4096, using: &generator) / 4096
        text += words[skewed] + [32]
    }
    return (0..<mebibytes).flatMap { number in text[..<(1 << 20)].map { $0 ^ UInt8(truncatingIfNeeded: number & 1) }
    }
}

/// The least that computing digest and diff ID costs: one pass of each library over the same bytes.
private func inflateAndHash(_ buffers: [ByteBuffer]) {
    var stream = z_stream()
    inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { inflateEnd(&stream) }
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
    defer { window.deallocate() }
    var compressed = SHA256()
    var inflated = SHA256()
    for buffer in buffers {
        buffer.withUnsafeReadableBytes { bytes in
            compressed.update(bufferPointer: bytes)
            stream.next_in = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.avail_in = UInt32(bytes.count)
            repeat {
                stream.next_out = window.assumingMemoryBound(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(window.count)
                inflate(&stream, Z_NO_FLUSH)
                inflated.update(
                    bufferPointer: UnsafeRawBufferPointer(rebasing: window.dropLast(Int(stream.avail_out))))
            } while stream.avail_in > 0 || stream.avail_out == 0
        }
    }
    blackHole((compressed.finalize(), inflated.finalize()))
}
