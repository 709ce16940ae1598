// SPDX-License-Identifier: Apache-2.0

import Files
import NIOCore
package import OCI

extension DiskStorage {
    package func manifest(_ digest: Digest, in repository: Repository) async throws -> StoredManifest? {
        guard let file = try OpenFile.existing(manifestPath(digest, repository)) else { return nil }
        guard let manifest = try read(file, digest) else {
            report(
                "\(digest) is damaged on disk: \(file.path.displayable) does not begin with a media type; push it again"
            )
            throw DamagedContent(digest: digest)
        }
        switch verdicts.verdict(file.identity, digest) {
        case .intact: break
        case .damaged: throw DamagedContent(digest: digest)
        case .unknown: try conclude(file, digest, ContentHash.digest(of: manifest.bytes, digest.algorithm))
        }
        return manifest
    }

    /// nil if the file does not begin with a media type that can be sent in a header.
    private func read(_ file: OpenFile, _ digest: Digest) throws -> StoredManifest? {
        var bytes = try file.buffer(limit: Self.manifestLimit)
        guard let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
            let mediaType = bytes.readString(length: end - bytes.readerIndex),
            mediaType.utf8.allSatisfy({ (33...126).contains($0) })
        else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        return StoredManifest(digest: digest, mediaType: mediaType, bytes: bytes)
    }

    /// The maximum size in bytes of a manifest's file and of an entry of a referrers list, which repeats the manifest's
    /// annotations. It is far more than this registry ever stores there.
    private static var manifestLimit: Int64 { 64 << 20 }

    package func digest(of tag: Tag, in repository: Repository) async throws -> Digest? {
        try Files.buffer(tagPath(tag, repository), limit: Self.tagLimit).flatMap { try? Digest(String(buffer: $0)) }
    }

    /// Writes the entry of the referrers list first, then the manifest, then its tags, so that a file never refers to a
    /// missing one. An entry of a list whose manifest is missing is not shown.
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

    /// Deletes the tags first. If the process is killed in between, the manifest has fewer tags, but no tag is without
    /// its manifest.
    package func deleteManifest(_ digest: Digest, in repository: Repository) async throws -> Bool {
        guard let file = try OpenFile.existing(manifestPath(digest, repository)) else { return false }
        // A damaged manifest can be deleted, too. Its entry in a referrers list is not shown without the manifest.
        let subject = try read(file, digest).flatMap { stored in
            try? Manifest(stored.bytes.readableBytesView, contentType: MediaType(stored.mediaType)).subject
        }
        return try await blocking { [self] in
            try naming {
                for name in try Files.names(in: "\(folder(repository))/_tags") {
                    let path = "\(folder(repository))/_tags/\(name)"
                    let tagged = try Files.buffer(path, limit: Self.tagLimit).map { String(buffer: $0) }
                    if tagged == digest.text { try Files.remove(path) }
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

    package func referrers(
        of subject: Digest, in repository: Repository, filling page: ReferrerPage
    ) async throws -> ReferrerPage {
        try await blocking { [self] in
            var page = page
            for name in try Files.names(in: referrersFolder(subject, repository)).sorted() {
                guard let digest = try? Digest(String(name.map { $0 == "-" ? ":" : $0 })), page.wants(digest),
                    let referrer = try referrer(digest, of: subject, repository)
                else { continue }
                guard page.take(referrer) else { break }
            }
            return page
        }
    }

    /// nil if the referrer's manifest is missing.
    private func referrer(_ digest: Digest, of subject: Digest, _ repository: Repository) throws -> Referrer? {
        let path = "\(referrersFolder(subject, repository))/\(referrerName(digest))"
        guard try Files.identity(manifestPath(digest, repository)) != nil,
            let bytes = try Files.buffer(path, limit: Self.manifestLimit),
            let descriptor = try? JSON(bytes.readableBytesView)
        else { return nil }
        return Referrer(digest: digest, artifactType: descriptor["artifactType"]?.string, descriptor: descriptor)
    }

    /// The maximum size of a tag's file in bytes. It is more than any digest needs.
    private static var tagLimit: Int64 { 1 << 10 }

    /// A digest as a file name that every file system accepts.
    private func referrerName(_ digest: Digest) -> String { "\(digest.algorithm.rawValue)-\(digest.hex)" }

    /// Writes a small file and gives it its name in one step.
    private func place(_ bytes: ByteBuffer, at path: String) throws {
        let new = newPath()
        try Files.create(new, bytes, synchronized: synchronized)
        try Files.rename(new, to: path, makingFolders: true)
    }

    /// A name for an incomplete file. Files with such names are removed at the next start.
    func newPath() -> String { "\(root)/uploads/\(UploadID(.sha256)).new" }
}
