// SPDX-License-Identifier: Apache-2.0

/// What one file holds.
package struct ScanResult: Hashable, Sendable {
    package var findings: [Finding] = []
    package var problems: [ScanProblem] = []
    package var followUps: [FollowUp] = []
    /// What can be read, but not as it was meant.
    package var warnings: [ScanProblem] = []
    package var products: [BuildProduct] = []
    /// What must not change with the findings.
    package var shared: [SharedBytes] = []
    /// What the file puts in the place of images that others say.
    package var replacements: [ImageReplacement] = []
    /// Resources of other files in whose images a part is replaced.
    package var replacedParts: [ReplacedPart] = []
    /// Folders of kustomize components that this kustomization applies to its resources, in order.
    package var components: [String] = []
    /// Files and folders whose replacements this kustomization applies to its resources after its own, in order.
    package var transformers: [String] = []
    package var isKustomization = false
    /// What resources say of tasks, which other files give parameters.
    package var tasks = TaskUse()
    /// Texts that look like references in places that are not known to hold one, where they are only counted.
    package var guesses: [Finding] = []

    package init() {}

    /// Files and folders with resources that the file is made of.
    package var resources: [String] {
        followUps.compactMap { if case .resources = $0.kind { $0.path } else { nil } }
    }

    /// Whether what is found in other files means something else because of this one.
    package var saysOfOthers: Bool {
        isKustomization || !products.isEmpty || !replacements.isEmpty || !replacedParts.isEmpty
    }

    mutating func merge(_ other: ScanResult) {
        findings += other.findings
        problems += other.problems
        followUps += other.followUps
        warnings += other.warnings
        guesses += other.guesses
        products += other.products
        shared += other.shared
        replacements += other.replacements
        replacedParts += other.replacedParts
        components += other.components
        transformers += other.transformers
        tasks.merge(other.tasks)
        isKustomization = isKustomization || other.isKustomization
    }
}

/// Something that keeps a file, or a place in it, from being read.
package struct ScanProblem: Error, Hashable, Sendable {
    /// In the file; nil where the whole file is meant.
    package var offset: Int?
    package var message: String

    package init(_ message: String, at offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }
}

extension [Finding] {
    /// In the order of their bytes; where those are the same, as found.
    package var inFileOrder: [Finding] {
        // Scanners mostly go through files in order.
        if zip(self, dropFirst()).allSatisfy({ $0.range.lowerBound <= $1.range.lowerBound }) { return self }
        return enumerated().sorted { left, right in
            (left.element.range.lowerBound, left.offset) < (right.element.range.lowerBound, right.offset)
        }.map(\.element)
    }
}
