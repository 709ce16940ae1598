// SPDX-License-Identifier: Apache-2.0

/// Paths as text, with slashes.
package enum FilePath {
    /// - Parameter path: as the file `file` names it: absolute, or from that file's folder on.
    package static func resolved(_ path: String, from file: String) -> String {
        normalized(path.hasPrefix("/") ? path : folder(of: file) + path)
    }

    /// With the slash at its end; empty for a bare name.
    package static func folder(of file: String) -> String {
        file.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file[...$0]) } ?? ""
    }

    /// The path of a folder with a slash at its end; empty for the folder that it begins in.
    static func asFolder(_ path: String) -> String {
        let folder = normalized(path)
        return folder.isEmpty ? "" : folder + "/"
    }

    /// Without `.` parts and with `..` resolved where the text allows it.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
