// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a run knows of source tags, each for as long as items of the run name it. All items of a tag get one digest, even if the tag
/// moves meanwhile.
struct SourceTags: Sendable {
    private var known: [SourceTag: SourceTagState] = [:]
    /// The number of items that name a tag and have not ended, by the tag's hash; only for tags that several items name.
    /// Two tags with the same hash are both kept while an item names one of them.
    private var uses: [Int: Int] = [:]

    /// - Parameter hashes: the hashes of the tags that items name. They are sorted in place, so that a million take 8 MiB.
    init(hashes: consuming [Int]) {
        hashes.sort()
        var start = 0
        for position in hashes.indices.dropFirst() where hashes[position] != hashes[start] {
            note(hashes[start], position - start)
            start = position
        }
        if start < hashes.count { note(hashes[start], hashes.count - start) }
    }

    private mutating func note(_ hash: Int, _ count: Int) {
        if count > 1 { uses[hash] = count }
    }

    subscript(tag: SourceTag) -> SourceTagState? {
        get { known[tag] }
        set { known[tag] = newValue }
    }

    mutating func remove(_ tag: SourceTag) -> SourceTagState? { known.removeValue(forKey: tag) }

    /// An item that named the tag has ended.
    mutating func endUse(of tag: SourceTag) {
        let hash = tag.hashValue
        if let count = uses[hash], count > 1 {
            uses[hash] = count - 1
        } else {
            (uses[hash], known[tag]) = (nil, nil)
        }
    }
}

/// What a run knows of a source tag.
enum SourceTagState: Sendable {
    /// - Parameter named: the digest that a HEAD had named, if it could not be fetched.
    case asking(waiting: [ItemID], named: Digest? = nil)
    /// - Parameter isRead: the tag itself was read, or cannot be read. Otherwise only a HEAD named the digest.
    case resolved(Digest, isRead: Bool)
}
