// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files below a folder, in a stable order: the entries of a folder by the bytes of their names, depth first.
///
/// Hidden files are included, `.git` is not. Files that git tracks are included, whatever `.gitignore` says. Symbolic
/// links to folders are not followed. Links to files are followed if their target is below the root and the walk does
/// not visit it by its own name.
package struct FileWalk: Sequence, IteratorProtocol {
    private struct Level {
        /// The path with the root, as it is shown.
        let path: String
        /// The path relative to the root. Empty for the root.
        let local: String
        let rules: IgnoreRules
        let tracked: TrackedFiles?
        /// The folder itself is ignored: only tracked files count below it.
        let isIgnored: Bool
        var entries: ArraySlice<FolderListing.Entry>
    }

    private var levels: [Level] = []
    private let root: String
    private let realRoot: String?
    private let honoursIgnoreFiles: Bool
    private let isWanted: @Sendable (String) -> Bool
    private let isMeant: @Sendable (String) -> Bool
    /// Folders that could not be listed, with the reason.
    package private(set) var failures: [(path: String, reason: ReadFailure)] = []
    /// The number of wanted files that ignore files exclude. A folder with wanted files that is excluded as a whole
    /// counts as one.
    package private(set) var ignored = 0

    /// - Parameters:
    ///   - root: a folder as the user named it. All paths begin with it.
    ///   - isMeant: selects among the wanted files, by the path that leads to the file. It may read the file.
    ///   - isWanted: selects by the file's path relative to the root. Other files are skipped without reading them.
    package init(
        root: String, honoursIgnoreFiles: Bool, isMeant: @escaping @Sendable (String) -> Bool = { _ in true },
        isWanted: @escaping @Sendable (String) -> Bool
    ) {
        self.root = root
        self.honoursIgnoreFiles = honoursIgnoreFiles
        self.isWanted = isWanted
        self.isMeant = isMeant
        realRoot = Self.realPath(root)
        enter(
            path: root.hasSuffix("/") && root.count > 1 ? String(root.dropLast()) : root, local: "",
            rules: IgnoreRules(), tracked: nil, isIgnored: false)
    }

    package mutating func next() -> String? {
        while var level = levels.popLast() {
            guard let entry = level.entries.popFirst() else { continue }
            levels.append(level)
            let path = level.path == "/" ? "/" + entry.name : level.path + "/" + entry.name
            let local = level.local.isEmpty ? entry.name : level.local + "/" + entry.name
            switch entry.kind {
            case .folder:
                if entry.name == ".git" { continue }
                let isIgnored = level.isIgnored || level.rules.ignores(local, isFolder: true)
                if isIgnored, level.tracked?.holdsAny(below: local) != true {
                    if holdsWanted(path, local) { ignored += 1 }
                    continue
                }
                enter(path: path, local: local, rules: level.rules, tracked: level.tracked, isIgnored: isIgnored)
            case .file:
                if isWanted(local), isMeant(path), counts(local, level) { return path }
            case .link:
                if isWanted(local), isMeant(path), counts(local, level), leadsToUnvisitedFile(path) {
                    return path
                }
            }
        }
        return nil
    }

    private mutating func counts(_ local: String, _ level: Level) -> Bool {
        guard level.isIgnored || level.rules.ignores(local, isFolder: false) else { return true }
        if level.tracked?.holds(file: local) == true { return true }
        ignored += 1
        return false
    }

    /// The most folders inside an excluded folder in which wanted files are searched. Larger ones are taken to have
    /// some.
    private static let searchLimit = 64

    private func holdsWanted(_ path: String, _ local: String) -> Bool {
        var folders = [(path, local)]
        var position = 0
        while position < folders.count {
            if position == Self.searchLimit { return true }
            let (path, local) = folders[position]
            position += 1
            for entry in (try? FolderListing(path: path))?.entries ?? [] {
                let (path, local) = (path + "/" + entry.name, local + "/" + entry.name)
                if entry.kind == .file, isWanted(local), isMeant(path) { return true }
                if entry.kind == .folder, entry.name != ".git" { folders.append((path, local)) }
            }
        }
        return false
    }

    private mutating func enter(
        path: String, local: String, rules: IgnoreRules, tracked: TrackedFiles?, isIgnored: Bool
    ) {
        let listing: FolderListing
        do throws(ReadFailure) { listing = try FolderListing(path: path) } catch {
            failures.append((path, error))
            return
        }
        var (rules, tracked) = (rules, tracked)
        if honoursIgnoreFiles {
            if local.isEmpty { (rules, tracked) = inherited(path) }
            if !local.isEmpty, listing.entries.contains(where: { $0.name == ".git" }) {
                tracked = TrackedFiles(top: path, prefix: "", below: local, isWanted: isWanted)
            }
            if listing.entries.contains(where: { $0.name == ".gitignore" && $0.kind == .file }),
                let bytes = try? FileReader.read(path + "/.gitignore").bytes
            {
                rules.add(bytes, folder: local)
            }
        }
        levels.append(
            Level(
                path: path, local: local, rules: rules, tracked: tracked, isIgnored: isIgnored,
                entries: listing.entries[...]))
    }

    private func leadsToUnvisitedFile(_ path: String) -> Bool {
        guard let realRoot, let target = Self.realPath(path), target.hasPrefix(realRoot == "/" ? "/" : realRoot + "/"),
            FileFacts(path: path)?.kind == .file
        else { return false }
        return !(isWanted(String(target.dropFirst(realRoot.count + 1))) && isMeant(target))
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

extension FileWalk {
    /// What the repository says above the root: the ignore files of the folders up to the one with `.git`,
    /// `.git/info/exclude`, and the tracked files. Outside of a repository, nothing above the root counts.
    private func inherited(_ root: String) -> (rules: IgnoreRules, tracked: TrackedFiles?) {
        var rules = IgnoreRules()
        guard let real = Self.realPath(root), let folders = Self.repositoryFolders(above: real) else {
            return (rules, nil)
        }
        let top = folders[folders.count - 1]
        let below = real.dropFirst(top == "/" ? 0 : top.count)
        if let bytes = try? FileReader.read(top + "/.git/info/exclude").bytes { rules.add(bytes, above: String(below)) }
        for folder in folders.dropFirst().reversed() {
            guard let bytes = try? FileReader.read(folder + "/.gitignore").bytes else { continue }
            rules.add(bytes, above: String(real.dropFirst(folder == "/" ? 0 : folder.count)))
        }
        let prefix = below.drop { $0 == "/" }
        return (
            rules,
            TrackedFiles(top: top, prefix: prefix.isEmpty ? "" : prefix + "/", below: "", isWanted: isWanted)
        )
    }

    /// The folders from a folder up to the top of its repository. nil: the folder is not in a repository.
    private static func repositoryFolders(above real: String) -> [String]? {
        var folders: [String] = []
        var folder = real
        while folders.count < 64 {
            folders.append(folder)
            if FileFacts(path: folder + "/.git") != nil { return folders }
            guard let slash = folder.lastIndex(of: "/"), folder != "/" else { return nil }
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        return nil
    }
}
