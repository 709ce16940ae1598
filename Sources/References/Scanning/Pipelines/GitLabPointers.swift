// SPDX-License-Identifier: Apache-2.0

/// `!reference [job, key]`, which stands for a part of another job (docs.gitlab.com, "!reference tags").
extension YAMLDocument {
    /// GitLab follows ten pointers from one to the next.
    private static let pointerLimit = 10
    private static let pointerTag = "!reference"

    /// The node that a pointer of a GitLab pipeline leads to; a node that is no pointer itself. nil: the pointer leads to
    /// nothing in this document.
    func pointed(from index: Index) -> Index? {
        var index = index
        for _ in 0..<Self.pointerLimit {
            guard let path = pointer(index) else { return index }
            guard let next = value(at: path, in: root) else { return nil }
            index = next
        }
        return nil
    }

    /// The node below a key, or what a pointer there leads to.
    func pointedValue(_ key: String, in mapping: Index) -> Index? { value(key, in: mapping).flatMap(pointed) }

    /// Whether a pointer leads to a text under a key of the user's own. Only its users know what such a text means, and
    /// files that are not read may use it, too.
    func pointsToOwnKey(_ index: Index) -> Bool {
        guard let key = pointer(index)?.last, let target = pointed(from: index) else { return false }
        return kind(target) == .scalar && key != "image" && key != "name"
    }

    private func pointer(_ index: Index) -> [String]? {
        guard let list = tagged(Self.pointerTag, index) else { return nil }
        let path = items(list).compactMap(string)
        return path.isEmpty ? nil : path
    }
}
