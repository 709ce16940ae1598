// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A repository at a registry whose tags a list may select.
package struct SourceRepository: Hashable, Sendable, CustomStringConvertible {
    package let registry: RegistryHost
    package let repository: Repository

    package init(registry: RegistryHost, repository: Repository) {
        self.registry = registry
        self.repository = repository
    }

    package var description: String { "\(registry)/\(repository)" }
}

/// A line of a list that selects tags by a filter: `repo:1.2?`, `repo:{semver>=1.20}`, `repo:~regex`.
package struct FilteredEntry: Hashable, Sendable {
    package let source: SourceRepository
    /// As it was typed, up to the colon.
    package let sourceName: String
    package let filter: TagFilter
    /// The repository the tags go to, as it was typed, where the line says so.
    package let targetName: String?
    package let place: ListPlace
    package let targetPlace: ListPlace

    /// The source as it was typed.
    package var asTyped: String { "\(sourceName):\(filter.text)" }

    /// The line's target as a list may say it: the repository, without a tag.
    ///
    /// - Returns: nil where neither the line nor a rule says one.
    package func targetName(rule: TargetRule?) -> String? {
        if let targetName { return targetName }
        guard let rule, let reference = try? Reference(parsing: sourceName) else { return nil }
        return try? rule.target(for: reference).asTyped
    }

    /// What the line would say if it named one of its tags.
    func entry(for tag: Tag) throws(ReferenceError) -> BatchEntry {
        BatchEntry(
            source: try Reference(parsing: "\(sourceName):\(tag.name)"),
            target: try targetName.map { name throws(ReferenceError) in try Reference(parsing: "\(name):\(tag.name)") },
            place: place, targetPlace: targetPlace)
    }
}

/// A line with a tag filter that gave no item, and why. The others of its list are not touched by it.
package struct UnexpandedLine: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The repository's tags are not known: listing them failed.
        case notListed
        /// None of this many tags is selected.
        case nothingSelected(of: Int)
    }

    package let entry: FilteredEntry
    /// As a list may say it.
    package let targetName: String
    package let reason: Reason
}

/// What a run is to do: the items of all lists, and the lines that turned out to hold none.
package struct BatchItems: Sendable {
    package var items: BatchItemList
    package var unexpanded: [UnexpandedLine]
}
