// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The entries of one folder.
package struct FolderListing {
    enum Kind { case file, folder, link }

    struct Entry {
        let name: String
        let kind: Kind
    }

    /// Sorted by the bytes of their names, so that a walk is the same on every machine.
    private(set) var entries: [Entry] = []

    /// - Throws: the system's error message.
    init(path: String) throws(ReadFailure) {
        guard let folder = opendir(path) else { throw .system(String(cString: strerror(errno))) }
        defer { closedir(folder) }
        while let found = readdir(folder) {
            let name = withUnsafePointer(to: &found.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            guard let kind = Self.kind(found.pointee.d_type, of: name, in: path) else { continue }
            entries.append(Entry(name: name, kind: kind))
        }
        entries.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The names of a folder's files. Empty if the folder cannot be read.
    package static func files(in path: String) -> [String] { names(in: path, of: .file) }

    /// The names of the folders in a folder; empty if it cannot be read. Links are not included.
    package static func folders(in path: String) -> [String] { names(in: path, of: .folder) }

    private static func names(in path: String, of kind: Kind) -> [String] {
        guard let listing = try? FolderListing(path: path) else { return [] }
        return listing.entries.filter { $0.kind == kind }.map(\.name)
    }

    private static func kind(_ type: UInt8, of name: String, in folder: String) -> Kind? {
        switch Int(type) {
        case Int(DT_REG): return .file
        case Int(DT_DIR): return .folder
        case Int(DT_LNK): return .link
        case Int(DT_UNKNOWN):
            // Some file systems do not report the kind, so each entry is asked for.
            var status = stat()
            guard lstat(folder + "/" + name, &status) == 0 else { return nil }
            let type = status.st_mode & S_IFMT
            return type == S_IFREG ? .file : type == S_IFDIR ? .folder : type == S_IFLNK ? .link : nil
        default: return nil
        }
    }
}
