// SPDX-License-Identifier: Apache-2.0

/// The result of scanning one file.
package struct ScanResult: Hashable, Sendable {
    package var findings: [Finding] = []
    package var problems: [ScanProblem] = []
    package var followUps: [FollowUp] = []
    /// Places that can be read, but do not mean what their author intended.
    package var warnings: [ScanProblem] = []
    package var products: [BuildProduct] = []
    /// Bytes that must not change together with the findings.
    package var shared: [SharedBytes] = []
    /// Images that this file replaces in other files.
    package var replacements: [ImageReplacement] = []
    /// Other fields in which kustomizations that apply this file replace images.
    package var imageFields: [ResourceRule] = []
    /// Entries that commands of this file add to kustomizations.
    package var kustomizationEdits: [KustomizationEdit] = []
    /// Names of images for which commands of this file search in other files.
    package var soughtNames: [SoughtName] = []
    /// The resources in which this file replaces images.
    package var reach = ReplacementReach.listed
    /// Resources of other files in whose images a part is replaced.
    package var replacedParts: [ReplacedPart] = []
    /// Containers of other files whose images are replaced.
    package var replacedContainers: [ReplacedContainer] = []
    /// Folders of kustomize components that this kustomization applies to its resources, in order.
    package var components: [String] = []
    /// Files and folders whose replacements this kustomization applies to its resources after its own, in order.
    package var transformers: [String] = []
    package var isKustomization = false
    /// Files and folders with resources of this file that are somewhere else: in another place, or nowhere.
    package var elsewhere: [String] = []
    /// The folders that applications of Argo CD deliver.
    package var applications: [DeliveredFolder] = []
    /// What resources say about tasks. Other files give parameters to these tasks.
    package var tasks = TaskUse()
    /// What resources say about charts' values in other resources.
    package var values = ValuesUse()
    /// What this file gives to charts in place of their own values.
    package var overrides: [ChartOverride] = []
    /// Texts that look like references in places that are not known to hold one. Filled if such texts are only counted.
    package var guesses: [Finding] = []

    package init() {}

    /// What a file says about others, if it names no image that could have been missed.
    var withoutProblems: ScanResult {
        var result = self
        result.problems = []
        return result
    }

    /// The files and folders of resources that this file includes.
    package var resources: [String] {
        followUps.compactMap { if case .resources = $0.kind { $0.path } else { nil } }
    }

    /// The files of values that this file gives to charts.
    package var valuesFiles: [String] {
        followUps.compactMap { if case .values = $0.kind { $0.path } else { nil } }
    }

    /// Whether this file changes the meaning of what is found in other files.
    package var saysOfOthers: Bool {
        isKustomization || !products.isEmpty || !replacements.isEmpty || !replacedParts.isEmpty
            || !replacedContainers.isEmpty
            || !kustomizationEdits.isEmpty || !imageFields.isEmpty || !soughtNames.isEmpty || !applications.isEmpty
            || !overrides.isEmpty
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
        imageFields += other.imageFields
        kustomizationEdits += other.kustomizationEdits
        soughtNames += other.soughtNames
        reach = max(reach, other.reach)
        replacedParts += other.replacedParts
        replacedContainers += other.replacedContainers
        components += other.components
        transformers += other.transformers
        elsewhere += other.elsewhere
        applications += other.applications
        tasks.merge(other.tasks)
        values.merge(other.values)
        overrides += other.overrides
        isKustomization = isKustomization || other.isKustomization
    }
}

/// Something that keeps a file, or a place in it, from being read.
package struct ScanProblem: Error, Hashable, Sendable {
    /// The offset in the file. nil: the problem concerns the whole file.
    package var offset: Int?
    package var message: String

    package init(_ message: String, at offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }
}

extension [Finding] {
    /// The findings, each with the text that the file has in its place.
    func written(in file: UnsafeBufferPointer<UInt8>) -> [Finding] {
        map { finding in
            var finding = finding
            finding.text = String(decoding: file[finding.range], as: UTF8.self)
            return finding
        }
    }

    /// The findings in the order of their bytes. Findings with the same first byte keep their order.
    package var inFileOrder: [Finding] {
        // Scanners mostly go through files in order.
        if zip(self, dropFirst()).allSatisfy({ $0.range.lowerBound <= $1.range.lowerBound }) { return self }
        return enumerated().sorted { left, right in
            (left.element.range.lowerBound, left.offset) < (right.element.range.lowerBound, right.offset)
        }.map(\.element)
    }
}
