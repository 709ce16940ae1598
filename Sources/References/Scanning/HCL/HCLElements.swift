// SPDX-License-Identifier: Apache-2.0

extension HCLValue {
    /// The name that the value consists of, with the keys behind it that are texts.
    var name: (path: String, written: TracedText)? {
        switch self {
        case .reference(let path, let written): (path, written)
        case .element(let element):
            (
                ([element.base] + element.keys.compactMap(\.plainText)).joined(separator: "."),
                element.written
            )
        default: nil
        }
    }

    private var plainText: String? {
        guard case .text(let text) = self, text.names.isEmpty else { return nil }
        return text.written.string
    }

    /// Functions that join lists and maps, and those that only convert them.
    private static let joining: Set<String> = [
        "tolist", "toset", "tomap", "concat", "merge", "flatten", "distinct", "compact", "setunion", "sort", "values",
    ]
    /// Field names of an object that describes one thing in several fields.
    static let fieldNames: Set<String> = ["repository", "registry", "tag", "digest", "version", "name"]

    /// The values of a list, or of a map with any keys. Any other value is its own only element.
    var elements: [HCLValue] {
        switch self {
        case .object(let entries):
            entries.contains { Self.fieldNames.contains($0.name) } ? [] : entries.flatMap(\.value.items)
        case .call(let name, let values) where Self.joining.contains(name): values.flatMap(\.elements)
        case .choice(let values): values.flatMap(\.elements)
        default: items
        }
    }

    /// The same, but a map has no items.
    private var items: [HCLValue] {
        switch self {
        case .object: []
        case .list(let values): values.flatMap(\.items)
        case .call(let name, let values) where Self.joining.contains(name): values.flatMap(\.items)
        default: [self]
        }
    }
}
