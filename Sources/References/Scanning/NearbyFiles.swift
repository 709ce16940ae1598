// SPDX-License-Identifier: Apache-2.0

/// The files around the one that is scanned, as far as they say what stands in it. Paths begin at its folder.
package struct NearbyFiles {
    /// Of the file itself; nil where it has none.
    package var name: String?
    package var read: (String) -> [UInt8]?
    /// The names of a folder's files; empty for the file's own.
    package var names: (String) -> [String]
    /// The names of the folders in a folder.
    package var folders: (String) -> [String]

    package init(
        name: String? = nil, names: @escaping (String) -> [String] = { _ in [] },
        folders: @escaping (String) -> [String] = { _ in [] }, read: @escaping (String) -> [UInt8]? = { _ in nil }
    ) {
        self.name = name
        self.read = read
        self.names = names
        self.folders = folders
    }
}
