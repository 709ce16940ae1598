// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// System calls on paths. All of them block.
package enum Files {
    /// What a path leads to, links followed.
    ///
    /// - Parameter operation: what the caller is about to do, for the problem's text.
    package static func kind(_ path: String, _ operation: String) throws(FileProblem) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileProblem(operation, path) }
        return FileKind(status, terminal: isTerminal(path))
    }

    /// Opened without waiting and without becoming its owner.
    private static func isTerminal(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return isatty(descriptor) == 1
    }

    /// Bytes of a regular file; nil where there is none.
    ///
    /// - Parameter followsLinks: else a link is none.
    package static func size(_ path: String, followsLinks: Bool = true) -> Int64? {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0, status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Int64(status.st_size)
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The path without symbolic links; nil where there is nothing.
    package static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// The path without symbolic links, as far as there is something; what is to be made stays as it is written.
    package static func resolvedAsFar(_ path: String) -> String {
        if let whole = resolved(path) { return whole }
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard let slash = path.lastIndex(of: "/") else { return (resolved(".") ?? ".") + "/" + path }
        let parent = slash == path.startIndex ? "/" : resolvedAsFar(String(path[..<slash]))
        return parent + (parent.hasSuffix("/") ? "" : "/") + path[path.index(after: slash)...]
    }

    /// A whole file, read until its end.
    package static func contents(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        try OpenFile(reading: path).contents(limit: limit)
    }

    /// Gives a file its final name, replacing what had it, in one step.
    package static func rename(_ old: String, to new: String) throws(FileProblem) {
        guard System.rename(old, new) == 0 else { throw FileProblem("rename to", new) }
    }

    package static func remove(_ path: String) { unlink(path) }

    package static func makeFolders(_ path: String, mode: UInt32 = 0o755) throws(FileProblem) {
        if mkdir(path, mode_t(truncatingIfNeeded: mode)) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileProblem("create the folder", path)
        }
        try makeFolders(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode_t(truncatingIfNeeded: mode)) == 0 || errno == EEXIST else {
            throw FileProblem("create the folder", path)
        }
    }

    /// - Throws: unless files can be made in the folder, or the folder itself where there is none yet.
    package static func checkWritable(_ folder: String) throws(FileProblem) {
        var status = stat()
        if stat(folder, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw FileProblem("write into", folder, .system(ENOTDIR))
            }
            guard access(folder, W_OK | X_OK) == 0 else { throw FileProblem("write into", folder) }
            return
        }
        guard errno == ENOENT, folder != "/", folder != "." else { throw FileProblem("write into", folder) }
        try checkWritable(Files.folder(of: folder))
    }

    /// The folder a path's last name stands in.
    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Replaces a file with bytes, in one step: a reader sees the old file or the new one.
    package static func replace(
        _ path: String, with bytes: [UInt8], access: FileDraft.Access
    ) throws(FileProblem) {
        let draft = try FileDraft(for: path, access: access)
        try draft.append(bytes)
        try draft.commit()
    }
}
