// SPDX-License-Identifier: Apache-2.0

package import Content
import ImageFixtures
package import NIOCore
package import OCI

/// Blobs of one size, each with a digest of its own, that cost next to nothing to make.
///
/// All begin with the same noise, generated and hashed once; the last bytes differ. A registry has to receive, hash and
/// store all of every blob, and the one who measures it does not.
package struct BenchPayload: Sendable {
    package let size: Int64
    private let noise: ByteBuffer
    /// Of everything but the tail.
    private let prefix: ContentHash

    /// Bytes that make a blob different from others.
    package static let tailSize: Int64 = 32
    package static let sizes: ClosedRange<Int64> = 64...(1 << 34)
    /// Noise that large blobs repeat: too much for the window of any compression.
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

    /// The blob with this number; the same one each time.
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

    /// All bytes of a blob, which need no hash: it was computed when the blob was made.
    package func whole(_ blob: BenchBlob) -> VerifiedBlob {
        VerifiedBlob(
            bytes(of: blob, 0..<size), expecting: blob.descriptor, from: BlobMark(offset: 0, hash: nil))
    }

    /// Where in the noise the bytes of a range are, in order, a buffer each.
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
    /// Its last bytes, which no other blob has.
    package let tail: ByteBuffer
}
