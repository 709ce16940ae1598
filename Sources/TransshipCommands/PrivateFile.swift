import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file with secrets: only its owner may read it, and a reader sees the old text or the new one, never a part.
enum PrivateFile {
    /// Replaces the file, or the one a link at the path leads to. Folders on the way are made for the owner alone.
    static func write(_ text: String, to path: String) throws {
        let path = FileDraft.resolved(path) ?? path
        makeFolders(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        do throws(FileDraft.Failure) {
            try FileDraft.replace(path, with: Array(text.utf8)) { fchmod($0, 0o600) == 0 }
        } catch {
            throw CommandFailure("cannot write \(path.displayable): \(error.reason)")
        }
    }

    private static func makeFolders(_ folder: String) {
        guard !folder.isEmpty, access(folder, F_OK) != 0 else { return }
        if let slash = folder.lastIndex(of: "/") { makeFolders(String(folder[..<slash])) }
        mkdir(folder, 0o700)
    }
}
