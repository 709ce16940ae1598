// SPDX-License-Identifier: Apache-2.0

/// A step from a collection of YAML to one of its children.
package enum KeyStep: Hashable, Sendable {
    case key(String)
    /// The place in a list, from 0.
    case item(Int)
}

/// The key paths of a YAML file's scalars, for overrides in another file.
package struct KeyPaths: Sendable {
    private var paths: [Int: [[KeyStep]]] = [:]
    private var visits = 0

    /// The most nodes that are visited, and the most paths that are kept for one scalar. Aliases may name the same
    /// nodes any number of times.
    private static let visitLimit = 1 << 18
    private static let pathLimit = 64

    /// Reads the documents that can be parsed. In the others, no scalar has a path.
    package init(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            while let range = stream.next() {
                guard (try? document.parse(range)) != nil, document.root >= 0 else { continue }
                visit(document.root, at: [], of: document, depth: 0)
            }
        }
    }

    /// The paths to the scalar whose text, without quotes, begins at `offset`. There are several if aliases or merges
    /// repeat it, and none if no scalar begins there.
    package func paths(to offset: Int) -> [[KeyStep]] { paths[offset] ?? [] }

    /// The paths of all scalars.
    package var all: some Sequence<[KeyStep]> { paths.values.lazy.flatMap(\.self) }

    private mutating func visit(
        _ index: YAMLDocument.Index, at path: [KeyStep], of document: YAMLDocument, depth: Int
    ) {
        visits += 1
        guard depth < YAMLParser.depthLimit, visits < Self.visitLimit else { return }
        switch document.kind(index) {
        case .scalar:
            let place = document[document.resolved(index)].contentRange.lowerBound
            if paths[place, default: []].count < Self.pathLimit { paths[place, default: []].append(path) }
        case .sequence:
            for (place, item) in document.items(index).enumerated() {
                visit(item, at: path + [.item(place)], of: document, depth: depth + 1)
            }
        case .mapping:
            for (key, value) in document.entries(index) {
                guard let name = document.string(key) else { continue }
                if name == "<<" {
                    merge(value, at: path, of: document, depth: depth)
                } else {
                    visit(value, at: path + [.key(name)], of: document, depth: depth + 1)
                }
            }
        case .alias, .foreign: return
        }
    }

    /// Values that `<<` merges have the path of the mapping that they are merged into.
    private mutating func merge(
        _ value: YAMLDocument.Index, at path: [KeyStep], of document: YAMLDocument, depth: Int
    ) {
        let sources = document.kind(value) == .sequence ? document.items(value) : [value]
        for source in sources { visit(source, at: path, of: document, depth: depth + 1) }
    }
}
