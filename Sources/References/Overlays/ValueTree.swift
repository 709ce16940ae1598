// SPDX-License-Identifier: Apache-2.0

/// Nested mappings with texts at their ends, in the order they were set.
///
/// All nodes are in one array and are changed in place. A large file sets many values, and none of them copies a
/// mapping.
struct ValueTree {
    private struct Node {
        /// The keys of a mapping. Empty for a text.
        var keys: [String] = []
        var children: [String: Int] = [:]
        var text: String?
        /// A boolean or a number, which is written without quotes.
        var isBare = false
    }

    private var nodes = [Node()]

    var isEmpty: Bool { nodes[0].keys.isEmpty }

    /// - Parameter isBare: the value is a boolean or a number.
    /// - Returns: false if there is already another value at the path. Then nothing changes.
    mutating func set(_ value: String, at path: ArraySlice<String>, isBare: Bool = false) -> Bool {
        guard let last = path.last else { return false }
        var parent = 0
        for key in path.dropLast() {
            let next = child(key, of: parent)
            guard nodes[next].text == nil else { return false }
            parent = next
        }
        guard let old = nodes[parent].children[last] else {
            let node = child(last, of: parent)
            (nodes[node].text, nodes[node].isBare) = (value, isBare)
            return true
        }
        return nodes[old].text == value
    }

    /// The node of a key; creates it if there is none.
    private mutating func child(_ key: String, of parent: Int) -> Int {
        if let child = nodes[parent].children[key] { return child }
        nodes.append(Node())
        nodes[parent].keys.append(key)
        nodes[parent].children[key] = nodes.count - 1
        return nodes.count - 1
    }

    /// The tree as YAML.
    var text: String {
        var text = ""
        write(0, indent: "", to: &text)
        return text
    }

    private func write(_ node: Int, indent: String, to text: inout String) {
        for key in nodes[node].keys {
            guard let child = nodes[node].children[key] else { continue }
            text += "\(indent)\(Self.written(key)):"
            if let value = nodes[child].text {
                text += " \(nodes[child].isBare ? value : value.quoted)\n"
            } else {
                text += "\n"
                write(child, indent: indent + "  ", to: &text)
            }
        }
    }

    private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]

    /// A key is written without quotes if every YAML reader takes it for a text.
    private static func written(_ key: String) -> String {
        let isBare =
            key.utf8.first.map { (97...122).contains($0 | 32) } ?? false
            && key.utf8.allSatisfy { (97...122).contains($0 | 32) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
        return isBare && !words.contains(key.lowercased()) ? key : key.quoted
    }
}
