// SPDX-License-Identifier: Apache-2.0

/// A set of marked folders. All folders above a name are looked up in one pass over the name; single lookups would read a
/// deep name once for each folder.
struct FolderMarks: Sendable {
    private var marks: Set<Int> = []

    mutating func insert(_ folder: String) {
        var hasher = Hasher()
        for byte in folder.utf8 { hasher.combine(byte) }
        marks.insert(hasher.finalize())
    }

    /// Whether a name without `.` and `..` is in a marked folder. The root counts, too; its name is empty.
    ///
    /// - Parameter isMarked: whether a folder is really marked. It is called after a hash was found, because two folders
    ///   may have the same hash.
    func hasFolder(above name: String, where isMarked: (String) -> Bool) -> Bool {
        guard !marks.isEmpty, !name.isEmpty else { return false }
        var hasher = Hasher()
        if marks.contains(hasher.finalized), isMarked("") { return true }
        for (position, byte) in name.utf8.enumerated() {
            if byte == UInt8(ascii: "/"), marks.contains(hasher.finalized),
                isMarked(String(decoding: name.utf8.prefix(position), as: UTF8.self))
            {
                return true
            }
            hasher.combine(byte)
        }
        return false
    }
}

extension Hasher {
    /// The hash of the bytes so far. Hashing can continue afterwards.
    fileprivate var finalized: Int {
        let copy = self
        return copy.finalize()
    }
}
