#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files below a folder, in a stable order: a folder's entries by the bytes of their names, depth first.
///
/// Hidden files count, `.git` does not. Symbolic links to folders are not followed; links to files are, where they stay
/// below the root and lead to a name that is not visited by itself.
package struct FileWalk: Sequence, IteratorProtocol {
    private struct Level {
        /// With the root, as it is shown.
        let path: String
        /// From the root; empty for the root.
        let local: String
        let rules: IgnoreRules
        var entries: ArraySlice<FolderListing.Entry>
    }

    private var levels: [Level] = []
    private let root: String
    private let realRoot: String?
    private let honoursIgnoreFiles: Bool
    private let isWanted: @Sendable (String) -> Bool
    /// Folders that could not be listed, with the reason.
    package private(set) var failures: [(path: String, reason: ReadFailure)] = []

    /// - Parameters:
    ///   - root: a folder as the user named it; paths begin with it.
    ///   - isWanted: by a file's path from the root; others are passed over unread.
    package init(root: String, honoursIgnoreFiles: Bool, isWanted: @escaping @Sendable (String) -> Bool) {
        self.root = root
        self.honoursIgnoreFiles = honoursIgnoreFiles
        self.isWanted = isWanted
        realRoot = Self.realPath(root)
        enter(
            path: root.hasSuffix("/") && root.count > 1 ? String(root.dropLast()) : root, local: "",
            rules: IgnoreRules())
    }

    package mutating func next() -> String? {
        while var level = levels.popLast() {
            guard let entry = level.entries.popFirst() else { continue }
            levels.append(level)
            let path = level.path == "/" ? "/" + entry.name : level.path + "/" + entry.name
            let local = level.local.isEmpty ? entry.name : level.local + "/" + entry.name
            switch entry.kind {
            case .folder:
                if entry.name == ".git" || level.rules.ignores(local, isFolder: true) { continue }
                enter(path: path, local: local, rules: level.rules)
            case .file:
                if isWanted(local), !level.rules.ignores(local, isFolder: false) { return path }
            case .link:
                if isWanted(local), !level.rules.ignores(local, isFolder: false), leadsToUnvisitedFile(path) {
                    return path
                }
            }
        }
        return nil
    }

    private mutating func enter(path: String, local: String, rules: IgnoreRules) {
        let listing: FolderListing
        do throws(ReadFailure) { listing = try FolderListing(path: path) } catch {
            failures.append((path, error))
            return
        }
        var rules = rules
        if honoursIgnoreFiles {
            if local.isEmpty { rules = Self.inheritedRules(path) }
            if listing.entries.contains(where: { $0.name == ".gitignore" && $0.kind == .file }),
                let bytes = try? FileReader.read(path + "/.gitignore").bytes
            {
                rules.add(bytes, folder: local)
            }
        }
        levels.append(Level(path: path, local: local, rules: rules, entries: listing.entries[...]))
    }

    private func leadsToUnvisitedFile(_ path: String) -> Bool {
        guard let realRoot, let target = Self.realPath(path), target.hasPrefix(realRoot == "/" ? "/" : realRoot + "/"),
            FileFacts(path: path)?.kind == .file
        else { return false }
        return !isWanted(String(target.dropFirst(realRoot.count + 1)))
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension FileWalk {
    /// What a repository's own ignore files above the root say: those of the folders up to the one with `.git`, and
    /// `.git/info/exclude`. Outside of a repository nothing above the root counts.
    private static func inheritedRules(_ root: String) -> IgnoreRules {
        var rules = IgnoreRules()
        guard let real = realPath(root) else { return rules }
        var folders: [String] = []
        var folder = real
        while true {
            folders.append(folder)
            if FileFacts(path: folder + "/.git") != nil { break }
            guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return rules }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
            if folders.count > 64 { return rules }
        }
        let top = folders[folders.count - 1]
        if let bytes = try? FileReader.read(top + "/.git/info/exclude").bytes {
            rules.add(bytes, above: String(real.dropFirst(top.count)))
        }
        for folder in folders.dropFirst().reversed() {
            guard let bytes = try? FileReader.read(folder + "/.gitignore").bytes else { continue }
            rules.add(bytes, above: String(real.dropFirst(folder == "/" ? 0 : folder.count)))
        }
        return rules
    }
}
