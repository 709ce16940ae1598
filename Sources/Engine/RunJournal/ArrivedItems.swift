// SPDX-License-Identifier: Apache-2.0

/// Which items earlier runs brought to their targets: hashes of the names, for their lines stay in the files. A million items
/// take some 40 MiB, and only until a run has counted its own among them.
struct ArrivedItems: Sendable {
    /// As many are kept from one run to the next: those that arrived last.
    static let most = 2_000_000

    /// The hash of the source that a target was copied from last, by the target's. The lowest bit says that its line was handed on.
    private var sources: [Int: Int] = [:]

    var count: Int { sources.count }

    mutating func note(_ source: String, at target: String) { sources[target.hashValue] = Self.mark(source) }

    func contains(_ source: String, at target: String) -> Bool {
        sources[target.hashValue].map { $0 & ~1 } == Self.mark(source)
    }

    /// Whether this is the first line of an item that is known: another source's line for the target has been overtaken, and a
    /// second line says nothing new.
    mutating func handOn(_ source: String, at target: String) -> Bool {
        guard sources[target.hashValue] == Self.mark(source) else { return false }
        sources[target.hashValue] = Self.mark(source) | 1
        return true
    }

    private static func mark(_ source: String) -> Int { source.hashValue & ~1 }
}
