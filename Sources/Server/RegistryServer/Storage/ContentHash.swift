// SPDX-License-Identifier: Apache-2.0

import Crypto
package import NIOCore
package import OCI

/// Computes the digest of bytes as they arrive. SHA-256 uses the processor's SHA extensions if there are any.
package struct ContentHash: Sendable {
    private enum State: Sendable {
        case sha256(SHA256)
        case sha512(SHA512)
    }

    private var state: State

    package init(_ algorithm: OCI.Digest.Algorithm) {
        state = algorithm == .sha256 ? .sha256(SHA256()) : .sha512(SHA512())
    }

    package var algorithm: OCI.Digest.Algorithm {
        switch state {
        case .sha256: .sha256
        case .sha512: .sha512
        }
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

    package mutating func update(_ buffer: ByteBuffer) { buffer.withUnsafeReadableBytes { update($0) } }

    /// The digest of what was hashed so far.
    package var digest: OCI.Digest {
        switch state {
        case .sha256(let hash): OCI.Digest(.sha256, hash: hash.finalize())
        case .sha512(let hash): OCI.Digest(.sha512, hash: hash.finalize())
        }
    }

    package static func digest(of bytes: ByteBuffer, _ algorithm: OCI.Digest.Algorithm = .sha256) -> OCI.Digest {
        var hash = ContentHash(algorithm)
        hash.update(bytes)
        return hash.digest
    }
}
