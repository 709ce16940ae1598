// SPDX-License-Identifier: Apache-2.0

extension JSON {
    /// An object without the members whose value is nil.
    package static func object(compacting members: KeyValuePairs<String, JSON?>) -> JSON {
        .object(
            members.flatMap { key, value in
                value.map { JSON.object([key: $0]).members ?? [] } ?? []
            })
    }
}
