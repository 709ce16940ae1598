// SPDX-License-Identifier: Apache-2.0

import OCI

/// A JSON schema as far as those in `docs` go: types, members, values, elements and references within the schema.
///
/// Stricter than a schema in one thing: a member that it does not name is a fault, for then the page does not tell it.
struct SchemaDocument {
    private let root: JSON

    /// - Parameter name: of `docs/NAME.schema.json`.
    init(_ name: String) throws { root = try JSON(Array(Checkout().text("docs/\(name).schema.json").utf8)) }

    /// What a document has that the schema does not allow, and lacks that it wants.
    func faults(in text: String) throws -> [String] { faults(try JSON(Array(text.utf8)), root, at: "$") }

    private func faults(_ value: JSON, _ schema: JSON, at path: String) -> [String] {
        if let reference = schema["$ref"]?.string { return faults(value, target(of: reference), at: path) }
        let types = schema["type"].map { $0.array?.compactMap(\.string) ?? [$0.string].compactMap(\.self) }
        if let types, !types.contains(where: { Self.is(value, $0) }) {
            return ["\(path): \(value.text) is no \(types)"]
        }
        var faults: [String] = []
        if let allowed = schema["enum"]?.array ?? schema["const"].map({ [$0] }), !allowed.contains(value) {
            faults.append("\(path): \(value.text) is none of \(allowed.map(\.text))")
        }
        if let number = value.double {
            let isTooSmall = schema["minimum"]?.double.map { number < $0 } ?? false
            let isTooLarge = schema["maximum"]?.double.map { number > $0 } ?? false
            if isTooSmall || isTooLarge { faults.append("\(path): \(value.text) is out of bounds") }
        }
        return faults + members(of: value, schema, at: path) + elements(of: value, schema, at: path)
    }

    private func target(of reference: String) -> JSON {
        reference.dropFirst(2).split(separator: "/").reduce(root) { $0[String($1)] ?? .null }
    }

    private static func `is`(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "object": value.members != nil
        case "array": value.array != nil
        case "string": value.string != nil
        case "boolean": value.bool != nil
        case "integer": value.integer != nil
        case "number": value.double != nil
        case "null": value.isNull
        default: false
        }
    }

    private func members(of value: JSON, _ schema: JSON, at path: String) -> [String] {
        guard let members = value.members else { return [] }
        let wanted = (schema["required"]?.array ?? []).compactMap(\.string)
        let missing = wanted.filter { value[$0] == nil }.map { "\(path).\($0) is missing" }
        return missing
            + members.flatMap { member -> [String] in
                let place = "\(path).\(member.key)"
                if let own = schema["properties"]?[member.key] ?? schema["additionalProperties"] {
                    return faults(member.value, own, at: place)
                }
                return schema["properties"] == nil ? [] : ["\(place) is not in the schema"]
            }
    }

    private func elements(of value: JSON, _ schema: JSON, at path: String) -> [String] {
        guard let elements = value.array else { return [] }
        let count = Int64(elements.count)
        let isShort = schema["minItems"]?.integer.map { count < $0 } ?? false
        let isLong = schema["maxItems"]?.integer.map { count > $0 } ?? false
        return (isShort || isLong ? ["\(path) has \(count) elements"] : [])
            + elements.enumerated().flatMap { number, element in
                schema["items"].map { faults(element, $0, at: "\(path)[\(number)]") } ?? []
            }
    }
}
