// SPDX-License-Identifier: Apache-2.0

/// Your own store of images, such as a bucket, a database or a test's memory. Runs can copy from it, copy to it and verify
/// it.
///
/// Give a store a host name in ``Transship/init(registries:credentials:stores:)``. References with that host mean the
/// store, such as `bucket.example/team/app:1`. <doc:YourOwnStore> shows a complete store in about forty lines.
///
/// A run calls a store from many tasks at once: up to ``RegistryOptions/connectionsPerRegistry`` calls that read, and as many that
/// write. When a run is cancelled, the tasks of its calls are cancelled.
///
/// This library computes all digests itself and does not rely on the store. Content that does not match its digest fails
/// the image with ``TransshipError/Kind/corrupt`` and never reaches another store.
///
/// Every method may throw. A ``TransshipError`` keeps its kind, its message and its hint: requests that fail with
/// `unavailable`, `unreachable` or `rateLimited` are tried up to five times, requests that fail with other kinds only once.
/// Any other error counts as `unavailable`, and its description is part of the message, so it must not contain a secret.
public protocol ContentStore: Sendable {
    /// The manifest that a tag names, or that has a digest.
    ///
    /// - Parameters:
    ///   - name: the tag or the digest.
    ///   - repository: the path of the reference, such as `team/app`.
    /// - Returns: the exact bytes that were stored; nil if there is no such manifest.
    func manifest(_ name: ManifestName, in repository: String) async throws -> ImageManifest?

    /// Reads bytes of a blob: a layer, a config or another file.
    ///
    /// ```swift
    /// func blob(_ digest: Digest, bytes range: Range<Int64>, in repository: String) async throws -> BlobBytes? {
    ///     guard let object = try await bucket.open("blobs/\(digest)", bytes: range) else { return nil }
    ///     return AsyncThrowingStream { try await object.read(upTo: 1 << 20) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - digest: the digest of the whole blob.
    ///   - range: the exact range of bytes to return, counted from 0. It is empty for an empty blob. A run requests a part
    ///     to continue after a read broke off, or to read a large blob over several connections.
    ///   - repository: the path of the reference. A store may keep one blob for all its repositories.
    /// - Returns: the bytes in pieces, which are requested one at a time; nil if there is no such blob. A piece is held in
    ///   memory; 64 KiB to 1 MiB is a good size.
    func blob(_ digest: Digest, bytes range: Range<Int64>, in repository: String) async throws -> BlobBytes?

    /// Whether the store has the complete blob.
    ///
    /// - Parameters:
    ///   - digest: the digest of the blob.
    ///   - size: the size that the blob must have, in bytes.
    ///   - repository: the path of the reference.
    /// - Returns: false to get the blob sent. A copy trusts true, except with ``CopyOptions/ExistingContent/proven``. A
    ///   verification reads and hashes the blob.
    func hasBlob(_ digest: Digest, size: Int64, in repository: String) async throws -> Bool

    /// Stores a blob.
    ///
    /// The sequence of bytes ends without an error only after size and digest were verified; the last piece is held back
    /// until then. So make the blob visible only after the sequence has ended. If the sequence throws, leave nothing
    /// visible and rethrow the error.
    ///
    /// - Parameters:
    ///   - bytes: the blob's bytes. They can be read once.
    ///   - digest: the digest of the blob.
    ///   - size: the size of the blob, in bytes.
    ///   - repository: the path of the reference.
    /// - Throws: any error. The blob must not be visible then. If the method returns before it has read all bytes, the
    ///   image fails, too.
    func store(_ bytes: BlobBytes, as digest: Digest, size: Int64, in repository: String) async throws

    /// Stores a manifest. Everything that it names has been stored before. Its bytes must be kept unchanged.
    ///
    /// - Parameters:
    ///   - manifest: the manifest. From now on it must be found by its digest.
    ///   - tag: the tag that names this manifest, and no other one, from now on; nil if only the digest does.
    ///   - repository: the path of the reference.
    /// - Throws: any error. The tag must then name the same manifest as before.
    func store(_ manifest: ImageManifest, tag: String?, in repository: String) async throws

    /// All tags of a repository, in any order, for ``Transship/tags(of:)``.
    ///
    /// A store without this method lists no tags. Copying and verifying do not need it.
    func tags(in repository: String) async throws -> [String]
}

extension ContentStore {
    /// Throws ``TransshipError`` of kind ``TransshipError/Kind/unsupported``.
    public func tags(in repository: String) async throws -> [String] {
        throw TransshipError(.unsupported, "this store lists no tags")
    }
}

/// Bytes of a blob in pieces of any size.
///
/// ```swift
/// var count = 0
/// for try await piece in bytes { count += piece.count }
/// ```
public typealias BlobBytes = any AsyncSequence<[UInt8], any Error> & Sendable
