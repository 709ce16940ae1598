// SPDX-License-Identifier: Apache-2.0

/// Settings that name their possible values beside the one that counts: inputs of GitHub's workflows and variables of
/// GitLab's (`options`), parameters of Azure's pipelines (`values`), of CircleCI (`enum`) and of templates for clouds
/// (`AllowedValues`). A value that the list does not have is refused.
struct ChoiceLists {
    typealias Index = YAMLDocument.Index

    private static let values: Set<String> = ["default", "value", "Default", "defaultValue"]
    private static let lists = ["options", "values", "enum", "AllowedValues", "allowedValues"]

    /// The places of values, each with the items of its list.
    private var choices: [(value: Range<Int>, items: [Index])] = []
    private let view: YAMLView

    init(_ view: YAMLView) {
        self.view = view
        let document = view.document
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            guard let list = Self.lists.lazy.compactMap({ document.value($0, in: Index(node)) }).first,
                document.kind(list) == .sequence
            else { continue }
            for (key, value) in document.entries(Index(node)) where document.kind(value) == .scalar {
                guard let name = document.string(key), Self.values.contains(name) else { continue }
                choices.append((view.place(of: value), document.items(list)))
            }
        }
    }

    /// The findings, with those of the lists' other values. All of them stay, because only together they may change.
    func completed(_ findings: [Finding]) -> [Finding] {
        guard !choices.isEmpty else { return findings }
        var all = findings
        var known = Set(findings.map(\.range))
        for index in findings.indices {
            let ranges = [findings[index].range] + findings[index].parts.map(\.range)
            guard let choice = choices.first(where: { choice in ranges.contains { $0.overlaps(choice.value) } }) else {
                continue
            }
            all[index].advice = Self.advice
            for item in choice.items {
                guard var other = view.finding(findings[index].kind, at: item, owner: findings[index].owner),
                    other.reference != nil, known.insert(other.range).inserted
                else { continue }
                other.advice = Self.advice
                all.append(other)
            }
        }
        return all
    }

    private static let advice = "a list beside it says which values it may have: change both"
}
