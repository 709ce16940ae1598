import Crypto
package import NIOCore
package import OCI

/// A digest being computed.
package struct ContentHash: Sendable {
    private enum State: Sendable {
        case sha256(SHA256)
        case sha512(SHA512)
    }

    private var state: State
    private let algorithm: OCI.Digest.Algorithm

    package init(_ algorithm: OCI.Digest.Algorithm) {
        self.algorithm = algorithm
        state = algorithm == .sha256 ? .sha256(SHA256()) : .sha512(SHA512())
    }

    package mutating func update(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { update($0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha256(hash)
        case .sha512(var hash):
            hash.update(bufferPointer: bytes)
            state = .sha512(hash)
        }
    }

    package func finish() -> OCI.Digest {
        switch state {
        case .sha256(let hash): OCI.Digest(algorithm, hash: hash.finalize())
        case .sha512(let hash): OCI.Digest(algorithm, hash: hash.finalize())
        }
    }

    /// The digest of bytes at hand.
    package static func digest(of bytes: some Sequence<UInt8>, _ algorithm: OCI.Digest.Algorithm = .sha256)
        -> OCI.Digest
    {
        var hash = ContentHash(algorithm)
        let contiguous: Void? = bytes.withContiguousStorageIfAvailable { hash.update(UnsafeRawBufferPointer($0)) }
        if contiguous == nil { Array(bytes).withUnsafeBytes { hash.update($0) } }
        return hash.finish()
    }
}
