// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The files under `Fixtures/layers`. One folder for each layer contains the files that the layer adds.
package struct FixtureFiles: Sendable {
    private let folder: String

    /// - Parameter fixtures: the path of the folder `Fixtures`.
    package init(fixtures: String) {
        folder = fixtures + "/layers"
    }

    /// A layer's entries. A folder comes before its content; otherwise entries are sorted by the bytes of their names.
    package func entries(_ layer: String) throws -> [TarEntry] {
        try entries(in: folder + "/" + layer, below: "")
    }

    private func entries(in folder: String, below prefix: String) throws -> [TarEntry] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.flatMap { name in
            try entries(at: folder + "/" + name, as: prefix + name)
        }
    }

    private func entries(at path: String, as name: String) throws -> [TarEntry] {
        var isFolder = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return [] }
        if isFolder { return [TarEntry(name, .directory)] + (try entries(in: path, below: name + "/")) }
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        let mode = FileManager.default.isExecutableFile(atPath: path) ? 0o755 : 0o644
        return [TarEntry(name, .file(FixtureContent(bytes), size: Int64(bytes.count)), mode: mode)]
    }
}
