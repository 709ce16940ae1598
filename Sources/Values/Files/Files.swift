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
    /// The kind of file at a path. Links are followed.
    ///
    /// - Parameter operation: what the caller is about to do, for the problem's text.
    package static func kind(_ path: String, _ operation: String) throws(FileProblem) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { throw FileProblem(operation, path) }
        return FileKind(status, terminal: isTerminal(path))
    }

    /// Opens it without waiting, and without making it the controlling terminal.
    private static func isTerminal(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return isatty(descriptor) == 1
    }

    /// The size of a regular file in bytes; nil if there is none.
    ///
    /// - Parameter followsLinks: if false, a link does not count as a regular file.
    package static func size(_ path: String, followsLinks: Bool = true) -> Int64? {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0, status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Int64(status.st_size)
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The path without symbolic links; nil if it does not exist.
    package static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    /// The path without symbolic links, as far as it exists. The part that does not exist stays as it is written.
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

    /// - Throws: if files cannot be created in the folder or, if it does not exist, the folder cannot be created.
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

    /// The folder that contains the path's last component.
    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Atomically replaces a file by these bytes: a reader sees the old file or the new one.
    package static func replace(
        _ path: String, with bytes: [UInt8], access: FileDraft.Access
    ) throws(FileProblem) {
        let draft = try FileDraft(for: path, access: access)
        try draft.append(bytes)
        try draft.commit()
    }
}
