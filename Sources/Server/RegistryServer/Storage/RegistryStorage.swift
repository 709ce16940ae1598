// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore
package import OCI

/// The store of a registry's content.
///
/// Content arrives through upload sessions. Bytes are appended in order and cannot be read. They become a blob in one
/// step, when their digest was checked (`UploadWriter.commit`). Blobs are stored once for the whole registry. A blob is
/// visible only in repositories into which it was pushed or mounted. Manifests belong to one repository and are stored
/// byte for byte. Every method may be called from many tasks at once, and each takes effect as a whole or not at all.
/// Errors that are not named here are failures of the machine (no space, no permission).
package protocol RegistryStorage: Sendable {
    /// Whether any content was ever committed to the repository.
    func exists(_ repository: Repository) async throws -> Bool

    /// The names of the repositories that have a manifest, in ASCII order.
    func repositories() async throws -> [String]

    /// The size of a blob in bytes; nil also for a blob that is known to be damaged.
    func blobSize(_ digest: Digest, in repository: Repository) async throws -> Int64?

    /// Opens a blob. The opened content can be read to its end, even if the blob is deleted meanwhile.
    ///
    /// - Throws: `DamagedContent` if its bytes are known to differ from those that were pushed.
    func blob(_ digest: Digest, in repository: Repository) async throws -> StoredContent?

    /// Makes a blob visible in a repository, if the blob is visible in `origin`. If `origin` is nil, any repository is
    /// enough.
    ///
    /// - Returns: false if there is no such blob. Nothing has changed then.
    func mount(_ digest: Digest, from origin: Repository?, into repository: Repository) async throws -> Bool

    /// Removes a blob from a repository, and from the registry if no other repository has it.
    ///
    /// - Returns: false if there is no such blob.
    func deleteBlob(_ digest: Digest, in repository: Repository) async throws -> Bool

    /// Opens an upload session.
    ///
    /// - Parameter algorithm: the expected algorithm of the final digest. If it differs, all bytes have to be read
    ///   again.
    /// - Throws: `TooManyUploads`.
    func beginUpload(in repository: Repository, _ algorithm: Digest.Algorithm) async throws -> UploadID

    /// The number of bytes stored in a session so far; nil if there is no such session in this repository.
    func uploadSize(_ id: UploadID, in repository: Repository) async throws -> Int64?

    /// Takes over a session for writing. An earlier writer gets `UploadTakenOver` from now on. So a client can continue
    /// on a new connection before the server notices that the old one is broken.
    func writer(for id: UploadID, in repository: Repository) async throws -> (any UploadWriter)?

    /// Drops a session and its bytes.
    ///
    /// - Returns: false if there is no such session.
    func cancelUpload(_ id: UploadID, in repository: Repository) async throws -> Bool

    /// Drops every session without a write since this moment, given since 1970. Their clients will not come back.
    func dropUploads(untouchedSince limit: Duration) async throws

    /// A manifest with its bytes.
    ///
    /// - Throws: `DamagedContent` if the bytes differ from those that were pushed.
    func manifest(_ digest: Digest, in repository: Repository) async throws -> StoredManifest?

    /// The digest that a tag names; nil if there is no such tag. Deleting a manifest deletes its tags.
    func digest(of tag: Tag, in repository: Repository) async throws -> Digest?

    /// Stores a manifest, then moves the tags to it.
    func put(_ manifest: StoredManifest, tags: [Tag], in repository: Repository) async throws

    /// Deletes a manifest with all its tags.
    ///
    /// - Returns: false if there is no such manifest.
    func deleteManifest(_ digest: Digest, in repository: Repository) async throws -> Bool

    /// Deletes a tag only.
    ///
    /// - Returns: false if there is no such tag.
    func deleteTag(_ tag: Tag, in repository: Repository) async throws -> Bool

    /// The names of all tags, in ASCII order.
    func tags(in repository: Repository) async throws -> [String]

    /// The manifests of the repository with this subject, in the order of their own digests, as far as the page takes
    /// them.
    func referrers(
        of subject: Digest, in repository: Repository, filling page: ReferrerPage
    ) async throws -> ReferrerPage
}

/// Writes to a session on behalf of one request.
package protocol UploadWriter: Sendable {
    /// The number of stored bytes.
    func size() async throws -> Int64

    /// Stores and hashes the bytes. They are stored when the method returns.
    ///
    /// - Throws: `UploadTakenOver`, or an error of the system. `size` stays the number of bytes that were stored in
    ///   order.
    func append(_ bytes: ByteBuffer) async throws

    /// Drops everything after the first `size` bytes.
    func truncate(to size: Int64) async throws

    /// Ends the session. Its bytes become a blob of its repository if they have this digest.
    ///
    /// - Returns: false if they have another digest. The session and its bytes are dropped then.
    func commit(as digest: Digest) async throws -> Bool
}

/// Another request writes to this upload session now, or it was cancelled.
package struct UploadTakenOver: Error {}

/// The maximum number of upload sessions is open.
package struct TooManyUploads: Error {}

/// The content of an opened blob.
package enum StoredContent: Sendable {
    case memory(MemoryContent)
    case file(OpenFile)
    /// A file whose bytes were not checked yet.
    case unchecked(UncheckedFile)

    package var size: Int64 {
        switch self {
        case .memory(let content): content.size
        case .file(let file): file.size
        case .unchecked(let unchecked): unchecked.file.size
        }
    }

    /// Content of which a part can be sent. An unchecked file is first read and hashed as a whole.
    ///
    /// - Throws: `DamagedContent`.
    func checked() async throws -> StoredContent {
        guard case .unchecked(let unchecked) = self else { return self }
        return .file(try await unchecked.checked())
    }

    /// A part of the content as the body of a response. For an unchecked file, the body is all of it.
    package func body(_ range: Range<Int64>) -> ResponseBody {
        switch self {
        case .memory(let content): .buffers(content.slices(range))
        case .file(let file): .file(file, range)
        case .unchecked(let unchecked): .unchecked(unchecked)
        }
    }
}

/// The exact bytes of a manifest, and what a registry stores with them.
package struct StoredManifest: Sendable, Hashable {
    package var digest: Digest
    /// The media type as it was pushed, without parameters.
    package var mediaType: String
    package var bytes: ByteBuffer
    /// The manifest's subject. `referrer` is the manifest's entry in the subject's referrers list.
    package var subject: Digest?
    package var referrer: Referrer?

    package init(
        digest: Digest, mediaType: String, bytes: ByteBuffer, subject: Digest? = nil, referrer: Referrer? = nil
    ) {
        self.digest = digest
        self.mediaType = mediaType
        self.bytes = bytes
        self.subject = subject
        self.referrer = referrer
    }
}

/// An entry of a referrers list.
package struct Referrer: Sendable, Hashable {
    package var digest: Digest
    package var artifactType: String?
    /// The whole descriptor, as JSON.
    package var descriptor: JSON

    package init(digest: Digest, artifactType: String?, descriptor: JSON) {
        self.digest = digest
        self.artifactType = artifactType
        self.descriptor = descriptor
    }
}

/// The ID of an upload session: a random UUID, with a suffix if the content is hashed with another algorithm than
/// SHA-256.
package struct UploadID: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package let algorithm: Digest.Algorithm

    package var description: String { text }

    /// Creates a UUID of version 4 (RFC 9562, section 5.4). Its version and variant replace six random bits.
    package init(_ algorithm: Digest.Algorithm, random: UInt128 = .random(in: 0 ... .max)) {
        let (fixed, marks): (UInt128, UInt128) = (0xF << 76 | 0b11 << 62, 0x4 << 76 | 0b10 << 62)
        let bits = random & ~fixed | marks
        let digits = String(bits, radix: 16)
        var uuid = Array((String(repeating: "0", count: 32 - digits.utf8.count) + digits).utf8)
        for position in [20, 16, 12, 8] { uuid.insert(UInt8(ascii: "-"), at: position) }
        let text = String(decoding: uuid, as: UTF8.self)
        self.algorithm = algorithm
        self.text = algorithm == .sha256 ? text : "\(text)-\(algorithm.rawValue)"
    }

    /// Reads an ID that a client sent; nil for a text that this registry never issues.
    package init?(_ text: String) {
        let uuid = text.prefix(36)
        let suffix = text.dropFirst(36)
        let isUUID =
            uuid.utf8.count == 36
            && uuid.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || $0 == UInt8(ascii: "-") }
        guard isUUID, suffix.isEmpty || suffix == "-sha512" else { return nil }
        self.text = text
        algorithm = suffix.isEmpty ? .sha256 : .sha512
    }
}
