// SPDX-License-Identifier: Apache-2.0

/// Walks over graphs that may have loops.
enum Graph {
    /// Whether `goal` is `start`, or can be reached from it.
    static func reaches<Node: Hashable>(_ goal: Node, from start: Node, by next: (Node) -> [Node]) -> Bool {
        var (seen, open): (Set<Node>, [Node]) = ([], [start])
        while let node = open.popLast() {
            if node == goal { return true }
            guard seen.insert(node).inserted else { continue }
            open += next(node)
        }
        return false
    }
}
