// SPDX-License-Identifier: Apache-2.0

import Content
import Crypto
import NIOCore
import OCI

extension Micro {
    /// What a blob costs between two connections, beside hashing alone: the difference is the pipeline's.
    static func copying(mebibytes: Int) -> [Benchmark] {
        let pieces = Pieces.noise(mebibytes: mebibytes)
        let count = pieces.buffers.reduce(0) { $0 + $1.readableBytes }
        return [
            Benchmark(name: "copy: SHA-256 alone", unit: "byte") {
                var hash = SHA256()
                for buffer in pieces.buffers { buffer.withUnsafeReadableBytes { hash.update(bufferPointer: $0) } }
                keep(hash.finalize())
                return count
            },
            Benchmark(name: "copy: read, hash, hand out", unit: "byte") {
                let blob = VerifiedBlob(BlobStream(pieces), expecting: pieces.descriptor)
                for try await buffer in blob { keep(buffer) }
                return count
            },
        ]
    }
}

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
