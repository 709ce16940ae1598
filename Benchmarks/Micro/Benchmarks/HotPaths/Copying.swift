// SPDX-License-Identifier: Apache-2.0

import Benchmark
import Content
import Crypto
import NIOCore
import OCI

/// What a blob costs between two connections, and what hashing alone costs: the difference is the pipeline's.
func copy() {
    Benchmark("hash \(mebibytes) MiB by SHA-256 alone") { _, pieces in
        var hash = SHA256()
        for buffer in pieces.buffers { buffer.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
        blackHole(hash.finalize())
    } setup: {
        noise
    }
    Benchmark("read, hash and hand out \(mebibytes) MiB") { _, pieces in
        let blob = VerifiedBlob(BlobStream(pieces), expecting: pieces.descriptor)
        for try await buffer in blob { blackHole(buffer) }
    } setup: {
        noise
    }
}

private let noise = Pieces.noise(mebibytes: mebibytes)

/// A blob as buffers of the size that arrives from a connection.
struct Pieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let buffers: [ByteBuffer]
    let descriptor: Descriptor

    init(_ bytes: [UInt8], mediaType: MediaType, size: Int = 128 << 10) {
        buffers = stride(from: 0, to: bytes.count, by: size).map { start in
            ByteBuffer(bytes: bytes[start..<Swift.min(start + size, bytes.count)])
        }
        descriptor = Descriptor(mediaType: mediaType, digest: ContentHash.digest(of: bytes), size: Int64(bytes.count))
    }

    static func noise(mebibytes: Int) -> Pieces {
        var generator = SystemRandomNumberGenerator()
        let piece = (0..<(1 << 17)).map { _ in generator.next() }.flatMap { word in
            withUnsafeBytes(of: word, Array.init)
        }
        return Pieces((0..<mebibytes).flatMap { _ in piece }, mediaType: "application/octet-stream")
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<ByteBuffer>
        mutating func next() async -> ByteBuffer? { rest.popFirst() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: buffers[...]) }
}
