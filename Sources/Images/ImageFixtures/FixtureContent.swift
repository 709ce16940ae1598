// SPDX-License-Identifier: Apache-2.0

import Crypto
package import OCI

/// Bytes that can be generated from the beginning any number of times, one chunk at a time.
///
/// A layer of any size therefore needs the memory of one chunk only. Chunks are never empty.
package struct FixtureContent: Sequence, Sendable {
    package typealias Element = [UInt8]

    private let begin: @Sendable () -> AnyIterator<[UInt8]>

    init(_ begin: @escaping @Sendable () -> AnyIterator<[UInt8]>) {
        self.begin = begin
    }

    /// The given bytes.
    package init(_ bytes: [UInt8]) {
        self.init { AnyIterator((bytes.isEmpty ? [] : [bytes]).makeIterator()) }
    }

    package func makeIterator() -> AnyIterator<[UInt8]> { begin() }

    /// One content after the other.
    static func joined(_ parts: [FixtureContent]) -> FixtureContent {
        FixtureContent { AnyIterator(parts.lazy.joined().makeIterator()) }
    }
}

extension FixtureContent {
    /// Size and digest, computed in one pass over the bytes.
    package func measure(_ algorithm: OCI.Digest.Algorithm = .sha256) -> (size: Int64, digest: OCI.Digest) {
        switch algorithm {
        case .sha256: measure(SHA256.self, algorithm)
        case .sha512: measure(SHA512.self, algorithm)
        }
    }

    private func measure<Hash: HashFunction>(
        _: Hash.Type, _ algorithm: OCI.Digest.Algorithm
    ) -> (size: Int64, digest: OCI.Digest) {
        var hash = Hash()
        var size: Int64 = 0
        for chunk in self {
            hash.update(data: chunk)
            size += Int64(chunk.count)
        }
        return (size, OCI.Digest(algorithm, hash: hash.finalize()))
    }

    /// All bytes at once, for small content and tests.
    package var bytes: [UInt8] { reduce(into: []) { $0 += $1 } }
}
