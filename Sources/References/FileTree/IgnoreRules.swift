// SPDX-License-Identifier: Apache-2.0

/// The `.gitignore` files that apply to a folder, the nearest one last. Later patterns win.
package struct IgnoreRules: Sendable {
    private struct Level: Sendable {
        /// The length of the folder's path in the walked path, with its slash.
        let prefix: Int
        /// For a file above the walk's root: the root's path relative to that file's folder, with a slash at its end.
        let above: [UInt8]
        let patterns: [IgnorePattern]
    }

    private var levels: [Level] = []

    package init() {}

    /// Adds a `.gitignore`.
    ///
    /// - Parameter folder: the file's folder, relative to the same start as the paths to check; empty for that start.
    package mutating func add(_ bytes: [UInt8], folder: String) {
        add(bytes, prefix: folder.isEmpty ? 0 : folder.utf8.count + 1, above: [])
    }

    /// Adds a `.gitignore` from above the root.
    ///
    /// - Parameter path: the root's path relative to that file's folder.
    mutating func add(_ bytes: [UInt8], above path: String) {
        let parts = path.split(separator: "/")
        add(
            bytes, prefix: 0, above: parts.isEmpty ? [] : Array(parts.joined(separator: "/").utf8) + [UInt8(ascii: "/")]
        )
    }

    private mutating func add(_ bytes: [UInt8], prefix: Int, above: [UInt8]) {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let patterns = bytes[start...].split(separator: UInt8(ascii: "\n")).compactMap { IgnorePattern(line: $0) }
        guard !patterns.isEmpty else { return }
        levels.append(Level(prefix: prefix, above: above, patterns: patterns))
    }

    package var isEmpty: Bool { levels.isEmpty }

    /// Whether a path is ignored. Content of an ignored folder cannot be included again, so folders are checked first.
    package func ignores(_ path: String, isFolder: Bool) -> Bool {
        guard !levels.isEmpty else { return false }
        let bytes = Array(path.utf8)
        for level in levels.reversed() {
            let local = level.above + bytes[level.prefix...]
            let name = local[((local.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
            for pattern in level.patterns.reversed()
            where pattern.matches(path: local, name: name, isFolder: isFolder) {
                return !pattern.isNegated
            }
        }
        return false
    }
}
