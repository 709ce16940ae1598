// SPDX-License-Identifier: Apache-2.0

/// Paths as text, with slashes.
package enum FilePath {
    /// - Parameter path: an absolute path, or a path relative to the folder of `file`.
    package static func resolved(_ path: String, from file: String) -> String {
        normalized(path.hasPrefix("/") ? path : folder(of: file) + path)
    }

    /// The folder part of a path, with a slash at its end. Empty for a bare file name.
    package static func folder(of file: String) -> String {
        file.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file[...$0]) } ?? ""
    }

    /// The path without its folder part.
    package static func name(of file: String) -> String { String(file.dropFirst(folder(of: file).count)) }

    /// A path relative to the folder of a file, if both paths begin in the same folder. nil: that folder is not known.
    static func relative(_ path: String, toFolderOf file: String) -> String? {
        let steps = normalized(file).split(separator: "/").dropLast()
        guard !steps.contains(".."), !path.hasPrefix("/"), !file.hasPrefix("/") else { return nil }
        return normalized(String(repeating: "../", count: steps.count) + path)
    }

    /// A folder path with a slash at its end. Empty for the folder that relative paths start from.
    static func asFolder(_ path: String) -> String {
        let folder = normalized(path)
        return folder.isEmpty ? "" : folder + "/"
    }

    /// The path without `.` parts. A `..` part is resolved if the text alone allows it.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
