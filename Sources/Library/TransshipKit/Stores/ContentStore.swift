// SPDX-License-Identifier: Apache-2.0

/// A place of images that you write: a bucket, a database, the memory of a test. Runs copy from it, copy to it and verify it.
///
/// Give a store a host name in ``Transship/init(registries:credentials:stores:)``. References with that host mean the store,
/// such as `bucket.example/team/app:1`. <doc:YourOwnStore> has a whole store of some forty lines.
///
/// A run calls a store from many tasks at once: up to ``RegistryOptions/connectionsPerRegistry`` calls that read, and as many that
/// write. When a run is cancelled, the tasks of its calls are cancelled.
///
/// Digests are computed by this library, whatever the store says. Content that does not match its digest fails the image with
/// ``TransshipError/Kind/corrupt`` and never reaches another store.
///
/// Every method may throw. A ``TransshipError`` keeps its kind, its message and its hint: `unavailable`, `unreachable` and
/// `rateLimited` are tried again, up to five times, other kinds are not. Any other error counts as `unavailable`, and its description
/// is part of the message: it must not contain a secret.
public protocol ContentStore: Sendable {
    /// The manifest that a tag names, or that has a digest.
    ///
    /// - Parameters:
    ///   - name: the tag or the digest.
    ///   - repository: the path of the reference, such as `team/app`.
    /// - Returns: the exact bytes that were stored; nil where there is no such manifest.
    func manifest(_ name: ManifestName, in repository: String) async throws -> ImageManifest?

    /// Bytes of a blob: a layer, a config or another file.
    ///
    /// ```swift
    /// func blob(_ digest: Digest, bytes range: Range<Int64>, in repository: String) async throws -> BlobBytes? {
    ///     guard let object = try await bucket.open("blobs/\(digest)", bytes: range) else { return nil }
    ///     return AsyncThrowingStream { try await object.read(upTo: 1 << 20) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - digest: of the whole blob.
    ///   - range: the bytes to give, from 0; exactly those. It is empty for an empty blob. A run asks for a part to go on where a
    ///     read broke off, or to read a large blob over several connections.
    ///   - repository: the path of the reference. A store may keep one blob for all its repositories.
    /// - Returns: the bytes in pieces, which are asked for one at a time; nil where there is no such blob. A piece is held in
    ///   memory: some 64 KiB to 1 MiB is a good size.
    func blob(_ digest: Digest, bytes range: Range<Int64>, in repository: String) async throws -> BlobBytes?

    /// Whether a blob is there, whole.
    ///
    /// - Parameters:
    ///   - digest: of the blob.
    ///   - size: bytes that the blob must have.
    ///   - repository: the path of the reference.
    /// - Returns: false to be sent the blob. A copy believes true, unless it is to prove what is there
    ///   (``CopyOptions/ExistingContent/proven``); a verification reads and hashes the blob.
    func hasBlob(_ digest: Digest, size: Int64, in repository: String) async throws -> Bool

    /// Takes a blob.
    ///
    /// The bytes end without an error only after size and digest were found right: the last piece is held back until then. So
    /// keep the blob once they have ended, and leave nothing visible where they throw: let that error pass.
    ///
    /// - Parameters:
    ///   - bytes: the blob's bytes, to be read once.
    ///   - digest: of the blob.
    ///   - size: bytes of the blob.
    ///   - repository: the path of the reference.
    /// - Throws: anything. The blob must not be visible then. A method that returns before it has read all bytes fails the image, too.
    func store(_ bytes: BlobBytes, as digest: Digest, size: Int64, in repository: String) async throws

    /// Takes a manifest, after everything that it names was stored. Its bytes must be kept as they are.
    ///
    /// - Parameters:
    ///   - manifest: the manifest, to be found by its digest from now on.
    ///   - tag: names this manifest from now on, and no other one; nil where only the digest does.
    ///   - repository: the path of the reference.
    /// - Throws: anything. The tag must name what it named before then.
    func store(_ manifest: ImageManifest, tag: String?, in repository: String) async throws

    /// All tags of a repository, in any order, for ``Transship/tags(of:)``.
    ///
    /// Without this method a store lists no tags, which copying and verifying do without.
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
