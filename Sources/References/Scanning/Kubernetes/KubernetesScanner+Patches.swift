// SPDX-License-Identifier: Apache-2.0

/// Images that patches set.
extension KubernetesScanner {
    /// Reads a JSON patch: `[{op, path: …/image, value}]`.
    mutating func patches(_ index: Index) {
        for item in document.items(index) {
            guard let operation = document.value("op", in: item), let path = document.value("path", in: item),
                let value = document.value("value", in: item)
            else {
                // A list of complete resources, for example the examples in an annotation.
                if document.value("apiVersion", in: item) != nil {
                    resource(item)
                } else {
                    visit(item, key: nil, isBelowSpec: false, depth: 0)
                }
                continue
            }
            let before = findings.count
            patched(value, at: document.string(path) ?? "")
            guard document.isText(operation, "test") else { continue }
            for position in before..<findings.count {
                (findings[position].isCompared, findings[position].isBuilt) = (true, true)
            }
        }
    }

    private mutating func patched(_ value: Index, at path: String) {
        if document.kind(value) != .scalar {
            patch(value, at: path)
            visit(value, key: nil, isBelowSpec: false, depth: 0)
        } else if path.hasSuffix("/image"),
            path.contains("ontainers/") || ImageName.isLikely(document.string(value) ?? "")
        {
            add(value, isOfContainer: Self.isOfContainers(path))
        }
    }

    /// Reads a patch value that replaces a list of containers or volumes, or one item of such a list.
    private mutating func patch(_ value: Index, at path: String) {
        let isList = document.kind(value) == .sequence
        let items = isList ? document.items(value) : [value]
        for item in items where isList ? path.hasSuffix("/volumes") : path.contains("/volumes/") { volume(item) }
        for item in items where isList ? path.hasSuffix("ontainers") : isContainer(item, at: path) {
            container(item, isReplaced: Self.isOfContainers(path))
        }
    }

    /// Whether a patch changes a list in which kustomizations replace images.
    private static func isOfContainers(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0 == "containers" || $0 == "initContainers" }
    }

    private func isContainer(_ value: Index, at path: String) -> Bool {
        path.contains("ontainers/") || isLikelyContainer(value)
    }

    /// Whether a patch's value has an `image` that looks like one. Scorecard's tests have this form.
    private func isLikelyContainer(_ value: Index) -> Bool {
        document.value("image", in: value).flatMap(document.string).map(ImageName.isLikely) ?? false
    }
}
