import NIOCore
package import OCI

extension DiskStorage {
    package func manifest(_ digest: Digest, in repository: Repository) async throws -> StoredManifest? {
        guard var bytes = try Files.contents(manifestPath(digest, repository)),
            let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let mediaType = bytes.readString(length: end - bytes.readerIndex)
        else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        return StoredManifest(digest: digest, mediaType: mediaType, bytes: bytes)
    }

    package func digest(of tag: Tag, in repository: Repository) async throws -> Digest? {
        try Files.contents(tagPath(tag, repository)).flatMap { try? Digest(String(buffer: $0)) }
    }

    /// The referrers list first, then the manifest, then its tags: whoever sees one sees what it promises. An entry of a
    /// list whose manifest never came is not shown.
    package func put(_ manifest: StoredManifest, tags: [Tag], in repository: Repository) async throws {
        try await blocking { [self] in
            try naming {
                if let subject = manifest.subject, let referrer = manifest.referrer {
                    let path = "\(referrersFolder(subject, repository))/\(referrerName(manifest.digest))"
                    try place(ByteBuffer(string: referrer.descriptor.text), at: path)
                }
                var file = ByteBuffer(string: manifest.mediaType + "\n")
                file.writeImmutableBuffer(manifest.bytes)
                try place(file, at: manifestPath(manifest.digest, repository))
                for tag in tags { try place(ByteBuffer(string: manifest.digest.text), at: tagPath(tag, repository)) }
            }
        }
    }

    /// Tags first: a process killed between leaves the manifest with fewer tags, never a tag without a manifest.
    package func deleteManifest(_ digest: Digest, in repository: Repository) async throws -> Bool {
        let stored = try await manifest(digest, in: repository)
        guard let stored else { return false }
        let subject = (try? Manifest(stored.bytes.readableBytesView, contentType: MediaType(stored.mediaType)))?.subject
        return try await blocking { [self] in
            try naming {
                for name in try Files.names(in: "\(folder(repository))/_tags") {
                    let path = "\(folder(repository))/_tags/\(name)"
                    if try Files.contents(path).map({ String(buffer: $0) }) == digest.text { try Files.remove(path) }
                }
                let wasThere = try Files.remove(manifestPath(digest, repository))
                if let subject {
                    try Files.remove("\(referrersFolder(subject.digest, repository))/\(referrerName(digest))")
                }
                return wasThere
            }
        }
    }

    package func deleteTag(_ tag: Tag, in repository: Repository) async throws -> Bool {
        try await blocking { [self] in
            try naming { try Files.remove(tagPath(tag, repository)) }
        }
    }

    package func tags(in repository: Repository) async throws -> [String] {
        try await blocking { [self] in
            try Files.names(in: "\(folder(repository))/_tags").sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    package func referrers(of subject: Digest, in repository: Repository) async throws -> [Referrer] {
        try await blocking { [self] in
            let folder = referrersFolder(subject, repository)
            return try Files.names(in: folder).sorted().compactMap { name in
                guard let digest = try? Digest(String(name.map { $0 == "-" ? ":" : $0 })),
                    try Files.size(manifestPath(digest, repository)) != nil,
                    let bytes = try Files.contents("\(folder)/\(name)"),
                    let descriptor = try? JSON(bytes.readableBytesView)
                else { return nil }
                return Referrer(
                    digest: digest, artifactType: descriptor["artifactType"]?.string, descriptor: descriptor)
            }
        }
    }

    /// A digest as a file name that is fine on every file system.
    private func referrerName(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

    /// Writes a small file and gives it its name in one step.
    private func place(_ bytes: ByteBuffer, at path: String) throws {
        let new = newPath()
        try Files.create(new, bytes, synchronized: synchronized)
        try Files.rename(new, to: path)
    }

    /// A name for a file that is not complete; what has one is removed at the next start.
    func newPath() -> String {
        var generator = SystemRandomNumberGenerator()
        return "\(root)/uploads/\(UploadID(.sha256, using: &generator)).new"
    }
}
