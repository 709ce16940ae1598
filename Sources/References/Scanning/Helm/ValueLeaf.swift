// SPDX-License-Identifier: Apache-2.0

/// A scalar of a chart's values, with the keys that lead to it. A scalar in a list has the keys of the list.
struct ValueLeaf {
    typealias Index = YAMLDocument.Index

    let path: [String]
    let index: Index

    /// - Parameters:
    ///   - root: a scalar, or a collection whose scalars are all returned.
    ///   - path: the keys that lead to `root`.
    static func all(
        below root: Index, at path: [String] = [], in document: YAMLDocument, entersLists: Bool = true
    ) -> [ValueLeaf] {
        var walk = Walk(document: document, entersLists: entersLists)
        walk.visit(root, at: path, depth: 0)
        return walk.leaves
    }

    private struct Walk {
        let document: YAMLDocument
        let entersLists: Bool
        var leaves: [ValueLeaf] = []
        private var visits = 0

        private static let depthLimit = 8
        /// Aliases may name the same nodes any number of times.
        private static let visitLimit = 1 << 16

        init(document: YAMLDocument, entersLists: Bool) { (self.document, self.entersLists) = (document, entersLists) }

        mutating func visit(_ index: Index, at path: [String], depth: Int) {
            visits += 1
            guard visits < Self.visitLimit, depth <= Self.depthLimit else { return }
            let target = document.resolved(index)
            switch document.kind(target) {
            case .scalar: leaves.append(ValueLeaf(path: path, index: target))
            case .sequence where !entersLists: return
            default:
                for item in document.items(target) { visit(item, at: path, depth: depth + 1) }
                for (key, value) in document.entries(target) {
                    if let key = document.string(key) { visit(value, at: path + [key], depth: depth + 1) }
                }
            }
        }
    }
}
