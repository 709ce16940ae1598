// SPDX-License-Identifier: Apache-2.0

/// The texts in a file of chart values, for comparing it with another file.
package enum ValueTexts {
    /// The fields that together name the location of an image.
    package static var names: Set<String> { ParentValues.fields }

    /// The texts by the keys that lead to them. Texts in lists are omitted, because Helm replaces lists as a whole.
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
