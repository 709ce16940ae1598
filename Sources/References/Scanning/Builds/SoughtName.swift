// SPDX-License-Identifier: Apache-2.0

/// The name of an image for which a command searches in files. Under another name it would not find the image.
package struct SoughtName: Hashable, Sendable {
    let name: String
    /// Ends of the paths of these files; nil if any file may be meant.
    let files: [String]?
}

/// The names for which all commands of a scan search.
struct SoughtNameIndex: Sendable {
    /// For each name the ends of files' paths.
    private var files: [String: Set<String>] = [:]
    /// For each name a file with a command that may search anywhere else.
    private var anywhere: [String: Set<String>] = [:]

    mutating func add(_ sought: SoughtName, of file: String) {
        if let ends = sought.files {
            files[sought.name, default: []].formUnion(ends.map { String($0.drop { "./".contains($0) }) })
        } else {
            anywhere[sought.name, default: []].insert(FilePath.normalized(file))
        }
    }

    /// Whether a command searches for an image in a file.
    func holds(_ image: String, in file: String) -> Bool {
        guard !files.isEmpty || !anywhere.isEmpty else { return false }
        let (name, file) = (ReferenceBounds.name(of: image), FilePath.normalized(file))
        if let others = anywhere[name], others != [file] { return true }
        guard let ends = files[name] else { return false }
        var rest = file[...]
        while !rest.isEmpty {
            if ends.contains(String(rest)) { return true }
            guard let slash = rest.firstIndex(of: "/"), file.utf8.count < Self.longestPath else { return false }
            rest = rest[rest.index(after: slash)...]
        }
        return false
    }

    /// Longer paths name no file.
    private static let longestPath = 4096
}
