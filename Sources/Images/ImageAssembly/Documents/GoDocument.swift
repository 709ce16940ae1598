// SPDX-License-Identifier: Apache-2.0

import OCI

/// A document that was read into a type and is written as Go's encoding/json writes it.
struct GoDocument: Sendable {
    private let type: GoType
    private(set) var value: JSON

    init(_ type: GoType) {
        self.type = type
        value = type.zero
    }

    init(_ document: JSON, as type: GoType) throws(GoTypeError) {
        self.type = type
        value = try type.read(document)
    }

    /// A value by the names of the fields that lead to it. Setting a value creates missing objects on the path.
    subscript(_ path: String...) -> JSON {
        get { path.reduce(value) { $0[$1] ?? .null } }
        set { value = value.setting(path[...], to: newValue) }
    }

    /// The document without blanks and without empty fields that Go omits.
    var bytes: [UInt8] { type.pruned(value).goBytes }
}

extension JSON {
    fileprivate func setting(_ path: ArraySlice<String>, to newValue: JSON) -> JSON {
        guard let name = path.first else { return newValue }
        var members = members ?? []
        let inner = (self[name] ?? .null).setting(path.dropFirst(), to: newValue)
        if let position = members.firstIndex(where: { $0.key == name }) {
            members[position].value = inner
        } else {
            members.append(Member(key: name, value: inner))
        }
        return .object(members)
    }
}
