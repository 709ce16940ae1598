// SPDX-License-Identifier: Apache-2.0

/// Tells which mappings of a pipeline have variables of their own: jobs and steps, but not containers or mappings that
/// only others use.
struct PipelineScopes {
    typealias Index = YAMLDocument.Index

    private let document: YAMLDocument
    private let shape: PipelineShape
    /// The answers so far.
    private var known: [Index: Bool] = [:]

    /// The most nodes between a stage and the text of a step in it.
    private static let depthLimit = 12

    init(_ shape: PipelineShape, in document: YAMLDocument) { (self.shape, self.document) = (shape, document) }

    mutating func isScope(_ mapping: Index) -> Bool {
        guard shape.hasScopes else { return false }
        let target = document.resolved(mapping)
        if let known = known[target] { return known }
        var seen: Set<Index> = []
        let isScope =
            shape.variables.union(shape.matrices).contains { document.value($0, in: target) != nil }
            && isUsed(in: target, &seen, depth: 0)
        known[target] = isScope
        return isScope
    }

    /// Whether a key below a node uses variables.
    private func isUsed(in index: Index, _ seen: inout Set<Index>, depth: Int) -> Bool {
        guard depth < Self.depthLimit, seen.insert(document.resolved(index)).inserted else { return false }
        for item in document.items(index) where isUsed(in: item, &seen, depth: depth + 1) { return true }
        for (key, value) in document.entries(index) {
            guard let key = document.string(key), !shape.variables.contains(key) else { continue }
            if shape.isScript(key) || shape.inputs.contains(key) || shape.images.contains(key)
                || shape.holders.contains(key) || shape.plugins.contains(key)
            {
                return true
            }
            if isUsed(in: value, &seen, depth: depth + 1) { return true }
        }
        return false
    }
}
