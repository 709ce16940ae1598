// SPDX-License-Identifier: Apache-2.0

import Crypto
package import NIOCore
package import OCI

/// A digest being computed.
package struct ContentHash: Sendable {
    // One of the two; updated in place, because taking one out of an enum would copy its state for every buffer.
    private var sha256: SHA256?
    private var sha512: SHA512?
    private let algorithm: OCI.Digest.Algorithm

    package init(_ algorithm: OCI.Digest.Algorithm) {
        self.algorithm = algorithm
        switch algorithm {
        case .sha256: sha256 = SHA256()
        case .sha512: sha512 = SHA512()
        }
    }

    package mutating func update(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { update($0) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        sha256?.update(bufferPointer: bytes)
        sha512?.update(bufferPointer: bytes)
    }

    package func finish() -> OCI.Digest {
        if let sha512 { return OCI.Digest(algorithm, hash: sha512.finalize()) }
        return OCI.Digest(algorithm, hash: (sha256 ?? SHA256()).finalize())
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
