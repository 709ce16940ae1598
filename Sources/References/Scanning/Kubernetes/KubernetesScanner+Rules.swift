// SPDX-License-Identifier: Apache-2.0

/// Images in the fields that rules name.
extension KubernetesScanner {
    func isProduct(_ value: Index) -> Bool {
        let products = ResourceRule.products.filter { $0.applies(to: identity) }
        guard !products.isEmpty else { return false }
        var probe = KubernetesScanner(view: view)
        for rule in products { probe.follow(rule, from: start ?? view.root) }
        return probe.seen[view.place(of: value).lowerBound] != nil
    }

    mutating func follow(_ rule: ResourceRule, from index: Index) {
        followed = []
        follow(rule.path[...], from: index, rule, depth: 0)
    }

    private mutating func follow(
        _ path: ArraySlice<ResourceRule.Step>, from index: Index, _ rule: ResourceRule, depth: Int
    ) {
        // Aliases may lead to the same place any number of times.
        guard depth < YAMLParser.depthLimit,
            followed.insert(Place(index: document.resolved(index), step: path.startIndex)).inserted
        else { return }
        if document.kind(index) == .sequence {
            for item in document.items(index) { follow(path, from: item, rule, depth: depth + 1) }
            return
        }
        guard let step = path.first else {
            if document.kind(index) == .scalar { add(index, prefix: rule.prefix) }
            return
        }
        let rest = path.dropFirst()
        switch step {
        case .key(let name):
            if let value = document.value(name, in: index) { follow(rest, from: value, rule, depth: depth + 1) }
        case .any:
            for (_, value) in document.entries(index) { follow(rest, from: value, rule, depth: depth + 1) }
        case .anyDepth:
            follow(rest, from: index, rule, depth: depth + 1)
            for (_, value) in document.entries(index) { follow(path, from: value, rule, depth: depth + 1) }
        }
    }
}
