// SPDX-License-Identifier: Apache-2.0

import Crypto
package import NIOCore
package import OCI

/// A digest being computed.
package struct ContentHash: Sendable {
    // Exactly one of the two is set. They are updated in place, because an enum payload would be copied for every buffer.
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
        if let sha512 { return OCI.Digest(algorithm, bytes: sha512.finalize().withUnsafeBytes(Array.init)) }
        return OCI.Digest(algorithm, bytes: (sha256 ?? SHA256()).finalize().withUnsafeBytes(Array.init))
    }

    /// The digest of the given bytes.
    package static func digest(of bytes: some Sequence<UInt8>, _ algorithm: OCI.Digest.Algorithm = .sha256)
        -> OCI.Digest
    {
        var hash = ContentHash(algorithm)
        let contiguous: Void? = bytes.withContiguousStorageIfAvailable { hash.update(UnsafeRawBufferPointer($0)) }
        if contiguous == nil { Array(bytes).withUnsafeBytes { hash.update($0) } }
        return hash.finish()
    }
}
