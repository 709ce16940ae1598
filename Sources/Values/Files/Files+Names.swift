// SPDX-License-Identifier: Apache-2.0

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// The names of files: what they lead to, and how they are given and taken.

extension Files {
    /// The identity of the file, or folder, at a path; nil if there is none. Links are followed.
    package static func identity(_ path: String) throws(FileProblem) -> FileIdentity? {
        try status(path).map { FileIdentity($0) }
    }

    /// The number of names of a file, including this one; 0 if there is none.
    package static func linkCount(_ path: String) throws(FileProblem) -> Int {
        try status(path).map { Int($0.st_nlink) } ?? 0
    }

    private static func status(_ path: String) throws(FileProblem) -> stat? {
        var status = stat()
        if stat(path, &status) == 0 { return status }
        return try missing("examine", path)
    }

    /// The names in a folder, without `.` and `..`, in no particular order; empty if there is no such folder.
    package static func names(in path: String) throws(FileProblem) -> [String] {
        guard let folder = opendir(path) else { return try missing("list", path) ?? [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Gives a file a second name. Creates the folders of that name if they do not exist.
    ///
    /// - Returns: false if `old` does not exist; true also if the second name existed before.
    /// - Throws: a problem with `isTooManyNames` if the file has as many names as its file system allows.
    package static func link(_ old: String, to new: String) throws(FileProblem) -> Bool {
        do throws(FileProblem) {
            try withFolders(of: new, "link") { System.link(old, new) == 0 || errno == EEXIST }
            return true
        } catch {
            guard error.isMissing else { throw error }
            return false
        }
    }

    /// Renames a file, and atomically replaces a file of that name.
    ///
    /// - Parameter makingFolders: creates the folders of the new name if they do not exist.
    package static func rename(_ old: String, to new: String, makingFolders: Bool = false) throws(FileProblem) {
        guard !makingFolders else { return try withFolders(of: new, "rename to") { System.rename(old, new) == 0 } }
        guard System.rename(old, new) == 0 else { throw FileProblem("rename to", new) }
    }

    /// Removes a file.
    ///
    /// - Returns: false if there was none.
    @discardableResult
    package static func remove(_ path: String) throws(FileProblem) -> Bool {
        if unlink(path) == 0 { return true }
        return try missing("remove", path) ?? false
    }

    /// The end of a system call that has just failed.
    ///
    /// - Returns: nil if the file does not exist.
    private static func missing<Value>(_ operation: String, _ path: String) throws(FileProblem) -> Value? {
        let problem = FileProblem(operation, path)
        guard problem.isMissing else { throw problem }
        return nil
    }

    /// Makes a second attempt after creating the folders that a new name needs.
    private static func withFolders(
        of path: String, _ operation: String, _ attempt: () -> Bool
    ) throws(FileProblem) {
        if attempt() { return }
        let problem = FileProblem(operation, path)
        guard problem.cause == .system(ENOENT), path.contains("/") else { throw problem }
        try makeFolders(folder(of: path))
        guard attempt() else { throw FileProblem(operation, path) }
    }
}
