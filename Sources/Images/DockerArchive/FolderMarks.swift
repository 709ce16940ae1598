// SPDX-License-Identifier: Apache-2.0

/// Which folders were marked, asked for all folders above a name in one pass over it: to look each of them up by itself would
/// read a deep name as often as it has folders.
struct FolderMarks: Sendable {
    private var marks: Set<Int> = []

    mutating func insert(_ folder: String) {
        var hasher = Hasher()
        for byte in folder.utf8 { hasher.combine(byte) }
        marks.insert(hasher.finalize())
    }

    /// Whether a name without `.` and `..` is in a marked folder. The root counts, too, and is called nothing.
    ///
    /// - Parameter isMarked: looks a folder up whose mark was found: two folders may have the same.
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
    /// Of what it has so far; it goes on afterwards.
    fileprivate var finalized: Int {
        let copy = self
        return copy.finalize()
    }
}
