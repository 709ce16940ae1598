// SPDX-License-Identifier: Apache-2.0

import Files
package import OCI

extension DiskStorage {
    package func blobSize(_ digest: Digest, in repository: Repository) async throws -> Int64? {
        try Files.identity(blobPath(digest, repository)).flatMap { file in
            verdicts.verdict(file, digest) == .damaged ? nil : file.size
        }
    }

    /// A small file is hashed before it is returned, a large file while it is sent.
    package func blob(_ digest: Digest, in repository: Repository) async throws -> StoredContent? {
        guard let file = try OpenFile.existing(blobPath(digest, repository)) else { return nil }
        switch verdicts.verdict(file.identity, digest) {
        case .intact: return .file(file)
        case .damaged: throw DamagedContent(digest: digest)
        case .unknown:
            let unchecked = unchecked(file, digest)
            return file.size > Self.checkedFirst ? .unchecked(unchecked) : .file(try await unchecked.checked())
        }
    }

    private func unchecked(_ file: OpenFile, _ digest: Digest) -> UncheckedFile {
        UncheckedFile(file: file, digest: digest) { [self] found in try conclude(file, digest, found) }
    }

    /// The maximum size in bytes of a file that is hashed before it is sent. Such a file is read twice, so that damage
    /// gives an error response instead of a broken connection.
    private static var checkedFirst: Int64 { 1 << 20 }

    /// Records the digest of a file's bytes.
    ///
    /// - Throws: `DamagedContent` if the digest differs from the file's name.
    func conclude(_ file: OpenFile, _ digest: Digest, _ found: Digest) throws {
        verdicts.record(file.identity, digest, isIntact: found == digest)
        guard found != digest else { return }
        report(
            "\(digest) is damaged on disk: the bytes of \(file.path.displayable) hash to \(found); push it again")
        throw DamagedContent(digest: digest)
    }

    /// Checks a file that was not read since the registry started, before it is mounted or used instead of new bytes.
    ///
    /// Blocks, once for each file.
    private func look(at path: String, _ digest: Digest) throws {
        guard let file = try OpenFile.existing(path), verdicts.verdict(file.identity, digest) == .unknown else {
            return
        }
        do { try unchecked(file, digest).check() } catch is DamagedContent {}
    }

    private func isDamaged(_ path: String, _ digest: Digest) throws -> Bool {
        try Files.identity(path).map { verdicts.verdict($0, digest) == .damaged } ?? false
    }

    package func mount(_ digest: Digest, from origin: Repository?, into repository: Repository) async throws -> Bool {
        try await blocking { [self] in
            let source = origin.map { blobPath(digest, $0) } ?? sharedPath(digest)
            try look(at: source, digest)
            return try naming {
                // A file with one name only is the rest of a deletion that was killed. No repository shows it.
                guard try Files.linkCount(source) > (origin == nil ? 1 : 0), try !isDamaged(source, digest) else {
                    return false
                }
                return try show(source, digest, in: repository)
            }
        }
    }

    package func deleteBlob(_ digest: Digest, in repository: Repository) async throws -> Bool {
        try await blocking { [self] in
            try naming {
                guard try Files.remove(blobPath(digest, repository)) else { return false }
                if try Files.linkCount(sharedPath(digest)) == 1 { try Files.remove(sharedPath(digest)) }
                return true
            }
        }
    }

    /// Makes a complete file with a verified digest a blob of the repository. The file's old name is removed.
    func adopt(_ path: String, as digest: Digest, in repository: Repository) throws {
        try look(at: sharedPath(digest), digest)
        try look(at: blobPath(digest, repository), digest)
        try naming {
            if try Files.linkCount(sharedPath(digest)) > 0, try !isDamaged(sharedPath(digest), digest),
                try show(sharedPath(digest), digest, in: repository)
            {
                try Files.remove(path)
            } else {
                try Files.rename(path, to: sharedPath(digest), makingFolders: true)
                _ = try show(sharedPath(digest), digest, in: repository)
            }
        }
    }

    /// Gives a blob a name in a repository.
    ///
    /// A file system limits the number of names of a file (65 000 on ext4). At the limit the registry stores a copy of
    /// the blob and uses the copy from then on.
    private func show(_ source: String, _ digest: Digest, in repository: Repository) throws -> Bool {
        let target = blobPath(digest, repository)
        if try isDamaged(target, digest) { try Files.remove(target) }
        do { return try Files.link(source, to: target) } catch {
            guard error.isTooManyNames else { throw error }
            guard let file = try OpenFile.existing(source) else { return false }
            let copy = newPath()
            try file.copy(to: copy)
            try Files.rename(copy, to: sharedPath(digest), makingFolders: true)
            return try Files.link(sharedPath(digest), to: target)
        }
    }
}
