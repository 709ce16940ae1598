// SPDX-License-Identifier: Apache-2.0

/// `!If [condition, a, b]` and `Fn::If` in CloudFormation's templates (docs.aws.amazon.com, "Condition functions").
extension YAMLDocument {
    /// All nodes that may count in the place of some. Each counts once: any number of aliases may mean the same.
    func choices(of indices: [Index]) -> [Index] {
        var (found, waiting): ([Index], [Index]) = ([], indices.reversed())
        var visited: Set<Index> = []
        while let next = waiting.popLast() {
            guard visited.insert(resolved(next)).inserted else { continue }
            if let choice = choice(next) {
                waiting += items(choice).dropFirst().reversed()
            } else {
                found.append(next)
            }
        }
        return found
    }

    private func choice(_ index: Index) -> Index? {
        if let list = tagged("!If", index) { return list }
        let entries = entries(index)
        return entries.count == 1 && isText(entries[0].key, "Fn::If") ? entries[0].value : nil
    }
}
