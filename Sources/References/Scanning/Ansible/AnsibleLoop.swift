// SPDX-License-Identifier: Apache-2.0

/// The names that a task's loop defines: `item`, and `item.key` if its elements are mappings (docs.ansible.com,
/// "Loops"). In shell text, each loop has its own variables for these names.
struct AnsibleLoop {
    typealias Index = YAMLDocument.Index

    private var variables: [String: String] = [:]

    /// The list that a task loops over, if the task contains the list itself.
    static func list(of task: Index, in document: YAMLDocument) -> Index? {
        guard document.kind(task) == .mapping,
            let list = ["loop", "with_items", "with_list"].lazy.compactMap({ document.value($0, in: task) }).first
        else { return nil }
        return document.kind(list) == .sequence ? list : nil
    }

    static func name(of task: Index, in document: YAMLDocument) -> String {
        document.value(at: ["loop_control", "loop_var"], in: task).flatMap(document.string) ?? "item"
    }

    /// The values of each name in the order of the loop. A name is left out if it is not a text in every element.
    static func values(of list: Index, in document: YAMLDocument, named name: String) -> [(String, [Index])] {
        let items = document.items(list)
        if items.allSatisfy({ document.kind($0) == .scalar }) { return [(name, items)] }
        let first = items.first.map { document.entries($0).prefix(keyLimit) } ?? []
        let keys = first.compactMap { document.string($0.key) }
        return keys.compactMap { key in
            let values = items.compactMap { document.value(key, in: $0) }
            let isWhole = values.count == items.count && values.allSatisfy { document.kind($0) == .scalar }
            return isWhole ? (name + "." + key, values) : nil
        }
    }

    /// - Returns: the variable that replaces the name.
    mutating func add(_ name: String, number: Int) -> String {
        let variable = String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }) + "_\(number)"
        variables[name] = variable
        return variable
    }

    /// A text in which the names are replaced by the loop's own variables.
    func renamed(_ text: TracedText) -> TracedText {
        guard !variables.isEmpty, text.bytes.contains(UInt8(ascii: "$")) else { return text }
        var result = TracedText(capacity: text.count)
        var index = 0
        while index < text.count {
            guard text.bytes[index...].starts(with: "${".utf8),
                let end = text.bytes[index...].prefix(Self.nameLimit).firstIndex(of: UInt8(ascii: "}")),
                let variable = variables[text[index + 2..<end].string]
            else {
                result.append(at: index, of: text)
                index += 1
                continue
            }
            result.append(text[index..<index + 2] + TracedText(untraced: variable) + text[end..<end + 1])
            index = end + 1
        }
        return result
    }

    private static let nameLimit = 256
    /// The most keys of an element, because each key is looked up in each element.
    private static let keyLimit = 64
}
