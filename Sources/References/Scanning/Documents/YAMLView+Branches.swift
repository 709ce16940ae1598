// SPDX-License-Identifier: Apache-2.0

/// What a mapping of a template means in one of the template's branches.
struct MappingBranch {
    /// The numbers of the branches by their conditions.
    let numbers: [String: Int]
    /// The values that count, by their keys.
    var values: [String: YAMLDocument.Index] = [:]
}

extension YAMLView {
    /// The most branches of one mapping that are read.
    private static let branchLimit = 16

    /// The branches in which keys stand that a mapping has several times. Empty for most mappings.
    func branches(of mapping: Index, _ conditions: () -> TemplateConditions) -> [MappingBranch] {
        guard isTemplate else { return [] }
        let entries = document.entries(mapping).map { (name: document.string($0.key) ?? "", value: $0.value) }
        var names: Set<String> = []
        let repeated = Set(entries.map(\.name).filter { !names.insert($0).inserted })
        guard !repeated.isEmpty else { return [] }
        let known = conditions()
        let places = entries.map { known.numbers(at: place(of: $0.value).lowerBound) }
        var branches: [MappingBranch] = []
        for (entry, numbers) in zip(entries, places) where repeated.contains(entry.name) {
            guard branches.count < Self.branchLimit, !branches.contains(where: { $0.numbers == numbers }) else {
                continue
            }
            branches.append(MappingBranch(numbers: numbers))
        }
        for index in branches.indices {
            for (entry, numbers) in zip(entries, places)
            where TemplateConditions.areCompatible(numbers, branches[index].numbers) {
                branches[index].values[entry.name] = entry.value
            }
        }
        return branches
    }
}
