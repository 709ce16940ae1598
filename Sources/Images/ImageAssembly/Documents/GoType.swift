// SPDX-License-Identifier: Apache-2.0

import OCI

/// The type of a value in a document that go-containerregistry reads into structures and writes again. Known fields are
/// kept, in the order of their declaration; unknown fields are dropped.
///
/// An image that is changed here gets the same digest as in go-containerregistry only if every rule of Go's
/// encoding/json is kept.
indirect enum GoType: Sendable {
    case string
    case int
    case bool
    /// RFC 3339. The offset is kept.
    case time
    case digest
    /// Base64.
    case bytes
    case list(GoType)
    /// Members sorted by name.
    case map(GoType)
    case object([GoField])
    /// An object that may be absent.
    case optional([GoField])
}

struct GoField: Sendable {
    var name: String
    var type: GoType
    /// Whether the field is omitted if it is empty (Go's `omitempty`). Structures and times are never empty.
    var isOmittedEmpty: Bool

    init(_ name: String, _ type: GoType, keptEmpty: Bool = false) {
        self.name = name
        self.type = type
        isOmittedEmpty = !keptEmpty
    }
}

/// Why a document does not match its type.
struct GoTypeError: Error {
    /// Path of the field, for example `config.Env`.
    var path: String
    var reason: String

    func inside(_ name: String) -> GoTypeError {
        GoTypeError(path: path.isEmpty ? name : "\(name).\(path)", reason: reason)
    }
}

// MARK: - Reading

extension GoType {
    /// The value of a field that is absent.
    var zero: JSON {
        switch self {
        case .string: ""
        case .int: 0
        case .bool: false
        case .time: .string(GoTime.zero)
        case .digest: ""
        case .bytes, .list, .map, .optional: .null
        case .object(let fields): .object(fields.map { JSON.Member(key: $0.name, value: $0.type.zero) })
        }
    }

    /// The value with exactly the fields of its type, in their order.
    func read(_ value: JSON) throws(GoTypeError) -> JSON {
        switch (self, value) {
        case (.digest, .null): throw mismatch(value)
        case (_, .null): return zero
        case (.string, .string), (.bool, .bool): return value
        case (.int, .number(let digits)):
            guard let number = value.integer else {
                throw GoTypeError(path: "", reason: "\(digits) is no whole number")
            }
            return JSON(number)
        case (.time, .string(let text)):
            guard let time = GoTime.normalized(text) else { throw mismatch(value) }
            return .string(time)
        case (.digest, .string(let text)):
            guard (try? Digest(text)) != nil else { throw mismatch(value) }
            return value
        case (.bytes, .string(let text)):
            guard Base64.decode(text) != nil else { throw mismatch(value) }
            return value
        case (.list(let element), .array(let values)): return .array(try Self.read(values, as: element))
        case (.map(let element), .object(let members)): return .object(try Self.read(members, as: element))
        case (.object(let fields), .object(let members)), (.optional(let fields), .object(let members)):
            return .object(try Self.read(members, of: fields))
        default: throw mismatch(value)
        }
    }

    private static func read(_ values: [JSON], as element: GoType) throws(GoTypeError) -> [JSON] {
        var result: [JSON] = []
        for value in values { result.append(try element.read(value)) }
        return result
    }

    private static func read(_ members: [JSON.Member], as element: GoType) throws(GoTypeError) -> [JSON.Member] {
        var result: [JSON.Member] = []
        for member in members {
            do throws(GoTypeError) {
                result.append(JSON.Member(key: member.key, value: try element.read(member.value)))
            } catch { throw error.inside(member.key) }
        }
        return result.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    /// A field is found by its exact name, otherwise by its name in any case.
    private static func read(_ members: [JSON.Member], of fields: [GoField]) throws(GoTypeError) -> [JSON.Member] {
        var result = fields.map { JSON.Member(key: $0.name, value: $0.type.zero) }
        for member in members {
            let position =
                fields.firstIndex { $0.name == member.key }
                ?? fields.firstIndex { $0.name.lowerCasedASCII == member.key.lowerCasedASCII }
            guard let position else { continue }
            do throws(GoTypeError) {
                // A null leaves a plain field as it is, even if another spelling of its name has set it.
                if member.value.isNull, !fields[position].type.canBeAbsent, !fields[position].type.isDigest { continue }
                result[position].value = try fields[position].type.read(member.value)
            } catch { throw error.inside(fields[position].name) }
        }
        return result
    }

    private var canBeAbsent: Bool {
        switch self {
        case .bytes, .list, .map, .optional: true
        default: false
        }
    }

    private var isDigest: Bool { if case .digest = self { true } else { false } }

    private func mismatch(_ value: JSON) -> GoTypeError {
        GoTypeError(path: "", reason: "\(value.text.displayable(limit: 64)) is no \(name)")
    }

    private var name: String {
        switch self {
        case .string: "text"
        case .int: "number"
        case .bool: "true or false"
        case .time: "time"
        case .digest: "digest"
        case .bytes: "base64"
        case .list: "list"
        case .map, .object, .optional: "object"
        }
    }
}

// MARK: - Writing

extension GoType {
    /// The value without empty fields that are omitted, ready to be written.
    func pruned(_ value: JSON) -> JSON {
        switch (self, value) {
        case (.list(let element), .array(let values)): .array(values.map(element.pruned))
        case (.map(let element), .object(let members)):
            .object(
                members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
                    .map { JSON.Member(key: $0.key, value: element.pruned($0.value)) })
        case (.object(let fields), .object), (.optional(let fields), .object):
            .object(
                fields.compactMap { field in
                    let member = value[field.name] ?? field.type.zero
                    if field.isOmittedEmpty, field.type.isEmpty(member) { return nil }
                    return JSON.Member(key: field.name, value: field.type.pruned(member))
                })
        default: value
        }
    }

    private func isEmpty(_ value: JSON) -> Bool {
        switch self {
        case .time, .object, .digest: return false
        case .optional: return value.isNull
        case .string, .int, .bool, .bytes, .list, .map: break
        }
        switch value {
        case .null, .bool(false), .string(""), .array([]), .object([]): return true
        case .number(let digits): return digits == "0"
        default: return false
        }
    }
}

extension String {
    fileprivate var lowerCasedASCII: String {
        String(decoding: utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
