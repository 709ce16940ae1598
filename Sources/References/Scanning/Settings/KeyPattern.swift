// SPDX-License-Identifier: Apache-2.0

/// The keys from the top of a document to places of one kind: `accessories.*.image`. `*` matches any key. Lists on the
/// path are entered automatically.
struct KeyPattern: Hashable, Sendable, ExpressibleByStringLiteral {
    let steps: [String]

    init(stringLiteral path: String) { self.init(path.split(separator: ".")) }

    init(_ steps: some Sequence<some StringProtocol>) { self.steps = steps.map { String($0) } }

    func matches(_ path: [String]) -> Bool {
        path.count == steps.count && zip(steps, path).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// The values at the pattern, in the order of the document.
    func values(in document: YAMLDocument) -> [YAMLDocument.Index] {
        var walk = Walk(document: document)
        walk.follow(steps[...], from: document.root)
        return walk.found
    }

    private struct Walk {
        private struct Place: Hashable {
            let index: YAMLDocument.Index
            let step: Int
        }

        let document: YAMLDocument
        var found: [YAMLDocument.Index] = []
        /// Aliases may lead to the same place any number of times.
        private var followed: Set<Place> = []

        init(document: YAMLDocument) { self.document = document }

        mutating func follow(_ steps: ArraySlice<String>, from index: YAMLDocument.Index) {
            let place = Place(index: document.resolved(index), step: steps.startIndex)
            guard followed.insert(place).inserted else { return }
            if document.kind(index) == .sequence {
                for item in document.items(index) { follow(steps, from: item) }
            } else if let key = steps.first {
                for value in values(key, in: index) { follow(steps.dropFirst(), from: value) }
            } else {
                found.append(index)
            }
        }

        private func values(_ key: String, in index: YAMLDocument.Index) -> [YAMLDocument.Index] {
            key == "*" ? document.entries(index).map(\.value) : document.value(key, in: index).map { [$0] } ?? []
        }
    }
}
