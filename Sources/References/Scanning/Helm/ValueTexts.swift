// SPDX-License-Identifier: Apache-2.0

/// What a file of a chart's values says, for comparing it with another one.
package enum ValueTexts {
    /// The fields that say, together with others, where an image is.
    package static var names: Set<String> { ParentValues.fields }

    /// Texts by the keys that lead to them; texts in lists are omitted, because Helm replaces lists as a whole.
    package static func all(in values: [UInt8]) -> [[String]: String] {
        YAMLView.first(of: values) { view in
            let document = view.document
            let leaves = ValueLeaf.all(below: view.root, in: document, entersLists: false)
            return leaves.reduce(into: [:]) { texts, leaf in
                if !document.isNull(leaf.index) { texts[leaf.path] = document.string(leaf.index) }
            }
        } ?? [:]
    }
}
