// SPDX-License-Identifier: Apache-2.0

import OCI

/// The identity of content: an algorithm and the hash of the exact bytes, written as `sha256:…` or `sha512:…`.
///
/// A value is always well formed. Two digests are equal exactly if their texts are equal.
///
/// ```swift
/// let digest = try Digest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
/// ```
public struct Digest: Hashable, Sendable, CustomStringConvertible {
    let value: OCI.Digest

    init(_ value: OCI.Digest) { self.value = value }

    /// Parses a digest.
    ///
    /// - Throws: ``TransshipError`` of kind ``TransshipError/Kind/invalid`` for algorithms other than SHA-256 and SHA-512,
    ///   and for a hash that does not have exactly the 64 or 128 lower-case hexadecimal digits of its algorithm.
    public init(_ text: String) throws(TransshipError) {
        do throws(DigestError) { value = try OCI.Digest(text) } catch { throw TransshipError(.invalid, "\(error)") }
    }

    /// The text: algorithm, colon, hash.
    public var description: String { value.text }
}
