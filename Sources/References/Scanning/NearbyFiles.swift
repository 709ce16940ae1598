// SPDX-License-Identifier: Apache-2.0

/// The files around the scanned file, as far as they decide its meaning. Paths are relative to its folder.
package struct NearbyFiles {
    /// The name of the scanned file. nil: it has none.
    package var name: String?
    package var read: (String) -> [UInt8]?
    /// Returns the names of the files in a folder. The empty path is the scanned file's folder.
    package var names: (String) -> [String]
    /// Returns the names of the folders in a folder.
    package var folders: (String) -> [String]
    /// Whether there is a file or a folder at a path.
    package var exists: (String) -> Bool

    package init(
        name: String? = nil, names: @escaping (String) -> [String] = { _ in [] },
        folders: @escaping (String) -> [String] = { _ in [] }, exists: @escaping (String) -> Bool = { _ in false },
        read: @escaping (String) -> [UInt8]? = { _ in nil }
    ) {
        self.name = name
        self.read = read
        self.names = names
        self.folders = folders
        self.exists = exists
    }
}
