// SPDX-License-Identifier: Apache-2.0

package import OCI

/// Content that several items may share, with its weight in bytes.
package struct SharedContent: Hashable, Sendable {
    package var digest: Digest
    package var size: Int64

    package init(digest: Digest, size: Int64) {
        self.digest = digest
        self.size = size
    }
}

/// An item as the division of a run sees it.
package struct PartitionItem: Hashable, Sendable {
    /// A name that is unique within the run and the same on every machine: source and target as the list has them.
    package var name: String
    /// The repository that the item is read from. Items of one repository share tokens and connections.
    package var repository: String
    /// Positions in the table of contents; nil where the item could not be read.
    package var contents: [Int]?

    package init(name: String, repository: String, contents: [Int]?) {
        self.name = name
        self.repository = repository
        self.contents = contents
    }
}

extension String {
    /// A number that is the same on every machine and in every run (FNV-1a, 64 bits).
    package var stableHash: UInt64 {
        utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The shard of something that is known only by its name.
    package func homeShard(of count: Int) -> Int { Int(stableHash % UInt64(count)) }
}
