// SPDX-License-Identifier: Apache-2.0

package import Files
package import NIOCore
package import OCI

/// Where a registry keeps its content.
///
/// Content comes in through upload sessions: bytes are appended in order, may be looked at by nobody, and become a blob in
/// one step once their digest was checked (`UploadWriter.commit`). Blobs are kept once for the whole registry; a blob is
/// visible only in repositories it was pushed or mounted into. Manifests belong to one repository and are kept byte for
/// byte. Every method may be called from many tasks at once; each takes effect as a whole or not at all. Errors other than
/// those named are failures of the machine (no space, no permission).
package protocol RegistryStorage: Sendable {
    /// Whether anything was ever committed to the repository.
    func exists(_ repository: Repository) async throws -> Bool

    /// Names of the repositories that hold a manifest, in ASCII order.
    func repositories() async throws -> [String]

    /// Bytes of a blob; nil also for one that is known to be damaged.
    func blobSize(_ digest: Digest, in repository: Repository) async throws -> Int64?

    /// Opens a blob. What was opened can be read to its end, even if the blob is deleted meanwhile.
    ///
    /// - Throws: `DamagedContent` where its bytes are known to be others than those that were pushed.
    func blob(_ digest: Digest, in repository: Repository) async throws -> StoredContent?

    /// Makes a blob visible in a repository, if it is visible in `origin`, or anywhere where `origin` is nil.
    ///
    /// - Returns: false where there is no such blob; nothing changed then.
    func mount(_ digest: Digest, from origin: Repository?, into repository: Repository) async throws -> Bool

    /// Takes a blob out of a repository, and out of the registry when no other repository has it.
    ///
    /// - Returns: false where there is no such blob.
    func deleteBlob(_ digest: Digest, in repository: Repository) async throws -> Bool

    /// Opens an upload session.
    ///
    /// - Parameter algorithm: what the digest at the end will likely be of; another one costs reading everything again.
    /// - Throws: `TooManyUploads`.
    func beginUpload(in repository: Repository, _ algorithm: Digest.Algorithm) async throws -> UploadID

    /// Bytes stored in a session so far; nil where there is no such session in this repository.
    func uploadSize(_ id: UploadID, in repository: Repository) async throws -> Int64?

    /// Takes over a session for writing; whoever wrote to it before gets `UploadTakenOver` from now on, so that a client
    /// can continue on a new connection before the broken one was noticed.
    func writer(for id: UploadID, in repository: Repository) async throws -> (any UploadWriter)?

    /// Drops a session and its bytes.
    ///
    /// - Returns: false where there is no such session.
    func cancelUpload(_ id: UploadID, in repository: Repository) async throws -> Bool

    /// Drops every session nobody has written to since this moment, given since 1970: clients that went away for good.
    func dropUploads(untouchedSince limit: Duration) async throws

    /// A manifest with its bytes.
    ///
    /// - Throws: `DamagedContent` where the bytes are others than those that were pushed.
    func manifest(_ digest: Digest, in repository: Repository) async throws -> StoredManifest?

    /// What a tag names; nil also where the manifest is gone.
    func digest(of tag: Tag, in repository: Repository) async throws -> Digest?

    /// Stores a manifest, then moves the tags to it.
    func put(_ manifest: StoredManifest, tags: [Tag], in repository: Repository) async throws

    /// Deletes a manifest with all its tags.
    ///
    /// - Returns: false where there is no such manifest.
    func deleteManifest(_ digest: Digest, in repository: Repository) async throws -> Bool

    /// Deletes a tag only.
    ///
    /// - Returns: false where there is no such tag.
    func deleteTag(_ tag: Tag, in repository: Repository) async throws -> Bool

    /// In ASCII order.
    func tags(in repository: Repository) async throws -> [String]

    /// Manifests of the repository whose subject is the digest, in the order of their own digests: those that the page takes.
    func referrers(
        of subject: Digest, in repository: Repository, filling page: ReferrerPage
    ) async throws -> ReferrerPage
}

/// A session being written to, by one request.
package protocol UploadWriter: Sendable {
    /// Bytes stored.
    func size() async throws -> Int64

    /// Stores and hashes the bytes; when it returns they are stored.
    ///
    /// - Throws: `UploadTakenOver`, or what the machine says; `size` stays the number of bytes stored in order.
    func append(_ bytes: ByteBuffer) async throws

    /// Forgets everything after the first `size` bytes.
    func truncate(to size: Int64) async throws

    /// Ends the session: its bytes become a blob of its repository if they have this digest.
    ///
    /// - Returns: false, with the session and its bytes dropped, if they have another.
    func commit(as digest: Digest) async throws -> Bool
}

/// Another request writes to this upload session now, or it was cancelled.
package struct UploadTakenOver: Error {}

/// As many upload sessions are open as there may be.
package struct TooManyUploads: Error {}

/// Content of a blob that was opened.
package enum StoredContent: Sendable {
    case memory(MemoryContent)
    case file(OpenFile)
    /// A file whose bytes nobody has looked at yet.
    case unchecked(UncheckedFile)

    package var size: Int64 {
        switch self {
        case .memory(let content): content.size
        case .file(let file): file.size
        case .unchecked(let unchecked): unchecked.file.size
        }
    }

    /// Content of which a part can be sent: an unchecked file is read and hashed as a whole first.
    ///
    /// - Throws: `DamagedContent`.
    func checked() async throws -> StoredContent {
        guard case .unchecked(let unchecked) = self else { return self }
        return .file(try await unchecked.checked())
    }

    /// A part of it as the body of a response; of an unchecked file, all of it.
    package func body(_ range: Range<Int64>) -> ResponseBody {
        switch self {
        case .memory(let content): .buffers(content.slices(range))
        case .file(let file): .file(file, range)
        case .unchecked(let unchecked): .unchecked(unchecked)
        }
    }
}

/// The exact bytes of a manifest and what a registry keeps beside them.
package struct StoredManifest: Sendable, Hashable {
    package var digest: Digest
    /// As it was pushed, without parameters.
    package var mediaType: String
    package var bytes: ByteBuffer
    /// What the manifest is about, with what the referrers list says of it.
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

/// Names an upload session: a random UUID, marked where the content is to be hashed with other than SHA-256.
package struct UploadID: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package let algorithm: Digest.Algorithm

    package var description: String { text }

    /// A new one: a UUID of version 4 (RFC 9562, section 5.4), whose version and variant take the place of six random bits.
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

    /// Reads what came back from a client; nil for anything this registry never gives out.
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
