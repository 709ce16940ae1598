// SPDX-License-Identifier: Apache-2.0

/// Names of a layer's entries in the spelling in which they are compared: without `.`, and without a slash at either
/// end.
enum LayerPath {
    static func clean(_ name: String) -> String {
        var parts: [Substring] = []
        for part in name.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    static func split(_ name: String) -> (folder: String, last: Substring) {
        guard let slash = name.lastIndex(of: "/") else { return ("", name[...]) }
        return (String(name[..<slash]), name[name.index(after: slash)...])
    }

    static func join(_ folder: String, _ last: Substring) -> String {
        folder.isEmpty ? String(last) : "\(folder)/\(last)"
    }
}

/// What an entry's name means in a layer (image-spec, layer.md, "Whiteouts").
enum LayerEntry {
    case file(String)
    /// Removes what layers below have under this name.
    case removal(String)
    /// Removes everything that layers below have in this folder.
    case opaque(String)

    init(_ name: String) {
        let name = LayerPath.clean(name)
        let (folder, last) = LayerPath.split(name)
        if last == ".wh..wh..opq" {
            self = .opaque(folder)
        } else if last.hasPrefix(".wh.") {
            self = .removal(LayerPath.join(folder, last.dropFirst(4)))
        } else {
            self = .file(name)
        }
    }
}
