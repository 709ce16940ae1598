// SPDX-License-Identifier: Apache-2.0

package import Content
import ImageFixtures
package import NIOCore
package import OCI

/// Blobs of one size, each with its own digest, that are cheap to generate.
///
/// All blobs begin with the same noise, which is generated and hashed once. The last bytes differ. The registry has to
/// receive, hash and store every blob completely, but the measuring program does not have to generate and hash it
/// completely.
package struct BenchPayload: Sendable {
    package let size: Int64
    private let noise: ByteBuffer
    /// The hash of everything except the tail.
    private let prefix: ContentHash

    /// The number of bytes that make a blob different from the others.
    package static let tailSize: Int64 = 32
    package static let sizes: ClosedRange<Int64> = 64...(1 << 34)
    /// The number of bytes of noise that large blobs repeat. It is larger than the window of any compression.
    private static let mostNoise: Int64 = 16 << 20
    private static let bufferSize: Int64 = 256 << 10

    /// - Precondition: `size` is one of `sizes`.
    package init(size: Int64, seed: UInt64) {
        precondition(Self.sizes.contains(size))
        self.size = size
        noise = Self.noise(Int(min(size, Self.mostNoise)), seed: seed)
        var hash = ContentHash(.sha256)
        for piece in Self.places(0..<size - Self.tailSize, noise.readableBytes) {
            if let bytes = noise.getSlice(at: piece.lowerBound, length: piece.count) { hash.update(bytes) }
        }
        prefix = hash
    }

    private static func noise(_ count: Int, seed: UInt64) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count + 8)
        var random = SplitMix64(state: seed)
        while buffer.readableBytes < count { buffer.writeInteger(random.next()) }
        return buffer.getSlice(at: 0, length: count) ?? buffer
    }

    /// The blob with this number. The same number always gives the same blob.
    package func blob(_ number: UInt64) -> BenchBlob {
        var tail = ByteBuffer()
        var random = SplitMix64(state: number)
        while tail.readableBytes < Self.tailSize { tail.writeInteger(random.next()) }
        var hash = prefix
        hash.update(tail)
        let descriptor = Descriptor(mediaType: .octetStream, digest: hash.finish(), size: size)
        return BenchBlob(descriptor: descriptor, tail: tail)
    }

    /// The bytes of a part of a blob.
    package func bytes(of blob: BenchBlob, _ range: Range<Int64>) -> BlobStream {
        let shared = size - Self.tailSize
        let common = Self.places(range.clamped(to: 0..<shared), noise.readableBytes)
        var buffers = common.compactMap { noise.getSlice(at: $0.lowerBound, length: $0.count) }
        let rest = range.clamped(to: shared..<size)
        if let tail = blob.tail.getSlice(at: Int(rest.lowerBound - shared), length: rest.count), !rest.isEmpty {
            buffers.append(tail)
        }
        return BlobStream(buffers: buffers)
    }

    /// All bytes of a blob. They are not hashed again, because the digest was computed when the blob was made.
    package func whole(_ blob: BenchBlob) -> VerifiedBlob {
        VerifiedBlob(
            bytes(of: blob, 0..<size), expecting: blob.descriptor, from: BlobMark(offset: 0, hash: nil))
    }

    /// The places in the noise where the bytes of a range are, in order, one for each buffer.
    private static func places(_ range: Range<Int64>, _ noise: Int) -> [Range<Int>] {
        var places: [Range<Int>] = []
        var offset = range.lowerBound
        while offset < range.upperBound {
            let place = offset % Int64(noise)
            let length = min(range.upperBound - offset, bufferSize, Int64(noise) - place)
            places.append(Int(place)..<Int(place + length))
            offset += length
        }
        return places
    }
}

package struct BenchBlob: Sendable {
    package let descriptor: Descriptor
    /// The last bytes of the blob, which no other blob has.
    package let tail: ByteBuffer
}
