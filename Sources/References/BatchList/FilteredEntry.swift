// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A repository of a registry whose tags a list can select.
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
    /// The source as it was typed, up to the colon.
    package let sourceName: String
    package let filter: TagFilter
    /// The target repository of the tags as it was typed, if the line names one.
    package let targetName: String?
    package let place: ListPlace
    package let targetPlace: ListPlace

    /// The source as it was typed.
    package var asTyped: String { "\(sourceName):\(filter.text)" }

    /// The line's target in the syntax of a list: the repository without a tag.
    ///
    /// - Returns: nil if neither the line nor a rule gives a target.
    package func targetName(rule: TargetRule?) -> String? {
        if let targetName { return targetName }
        guard let rule, let reference = try? Reference(parsing: sourceName) else { return nil }
        return try? rule.target(for: reference).asTyped
    }

    /// The entry that the line would be if it named this tag.
    func entry(for tag: Tag) throws(ReferenceError) -> BatchEntry {
        BatchEntry(
            source: try Reference(parsing: "\(sourceName):\(tag.name)"),
            target: try targetName.map { name throws(ReferenceError) in try Reference(parsing: "\(name):\(tag.name)") },
            place: place, targetPlace: targetPlace)
    }
}

/// A line with a tag filter that gave no item, and why. Other lines of its list are not affected.
package struct UnexpandedLine: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// The repository's tags are not known: listing them failed.
        case notListed
        /// The repository has this number of tags, and none of them is selected.
        case nothingSelected(of: Int)
    }

    package let entry: FilteredEntry
    /// The target in the syntax of a list.
    package let targetName: String
    package let reason: Reason
}

/// The work of a run: the items of all lists, and the filtered lines that gave no item.
package struct BatchItems: Sendable {
    package var items: BatchItemList
    package var unexpanded: [UnexpandedLine]
}
