package import OCI

extension DiskStorage {
    package func blobSize(_ digest: Digest, in repository: Repository) async throws -> Int64? {
        try Files.size(blobPath(digest, repository))
    }

    package func blob(_ digest: Digest, in repository: Repository) async throws -> StoredContent? {
        try StoredFile(reading: blobPath(digest, repository)).map(StoredContent.file)
    }

    package func mount(_ digest: Digest, from origin: Repository?, into repository: Repository) async throws -> Bool {
        try await blocking { [self] in
            try naming {
                let source = origin.map { blobPath(digest, $0) } ?? sharedPath(digest)
                // One name only: a file that a killed deletion left behind, visible nowhere.
                guard try Files.linkCount(source) > (origin == nil ? 1 : 0) else { return false }
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

    /// Makes a complete file of checked digest a blob of the repository, using up its old name.
    func adopt(_ path: String, as digest: Digest, in repository: Repository) throws {
        try naming {
            if try Files.linkCount(sharedPath(digest)) > 0, try show(sharedPath(digest), digest, in: repository) {
                try Files.remove(path)
            } else {
                try Files.rename(path, to: sharedPath(digest))
                _ = try show(sharedPath(digest), digest, in: repository)
            }
        }
    }

    /// Gives a blob a name in a repository.
    ///
    /// A file system allows only so many names of a file (65 000 on ext4). Beyond that the registry keeps the blob once
    /// more, and goes on with the fresh copy.
    private func show(_ source: String, _ digest: Digest, in repository: Repository) throws -> Bool {
        let target = blobPath(digest, repository)
        do { return try Files.link(source, to: target) } catch let error as FileError where error.isTooManyNames {
            guard let file = try StoredFile(reading: source) else { return false }
            let copy = newPath()
            try file.copy(to: copy)
            try Files.rename(copy, to: sharedPath(digest))
            return try Files.link(sharedPath(digest), to: target)
        }
    }
}
