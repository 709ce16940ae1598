// SPDX-License-Identifier: Apache-2.0

/// The items that earlier runs copied to their targets, as hashes of their names. Their lines stay in the files. A million
/// items take about 40 MiB, until the run has counted which of its own items are among them.
struct ArrivedItems: Sendable {
    /// The number of items that are kept from one run to the next. The latest ones are kept.
    static let most = 2_000_000

    /// For the hash of each target, the hash of the source that it was last copied from. The lowest bit says that its line
    /// was handed on.
    private var sources: [Int: Int] = [:]

    var count: Int { sources.count }

    mutating func note(_ source: String, at target: String) { sources[target.hashValue] = Self.mark(source) }

    func contains(_ source: String, at target: String) -> Bool {
        sources[target.hashValue].map { $0 & ~1 } == Self.mark(source)
    }

    /// Whether this is the first line of a known item. A line of another source for the same target is outdated, and a
    /// second line says nothing new.
    mutating func handOn(_ source: String, at target: String) -> Bool {
        guard sources[target.hashValue] == Self.mark(source) else { return false }
        sources[target.hashValue] = Self.mark(source) | 1
        return true
    }

    private static func mark(_ source: String) -> Int { source.hashValue & ~1 }
}
