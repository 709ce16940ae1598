// SPDX-License-Identifier: Apache-2.0

/// A key of a ConfigMap or a Secret.
package struct ValuesKey: Hashable, Sendable {
    /// `ConfigMap` or `Secret`.
    package let kind: String
    package let name: String
    package let key: String

    /// Whether the key itself says that a chart's values are behind it. That is also the default.
    var isPlain: Bool { Self.isPlain(key) }

    static func isPlain(_ key: some StringProtocol) -> Bool {
        key.hasSuffix("values.yaml") || key.hasSuffix("values.yml")
    }
}

/// What resources say about charts' values in ConfigMaps and Secrets under keys whose names do not say so. Releases of
/// charts name the resource, not its file.
package struct ValuesUse: Hashable, Sendable {
    /// The keys whose values a release takes.
    package var taken: Set<ValuesKey> = []
    /// The keys with a text of several lines that mentions images, in resources of the file itself.
    package var held: Set<ValuesKey> = []
    /// The keys that generators of kustomize fill with files, each with the path of its file.
    package var generated: [ValuesKey: String] = [:]

    package init() {}

    mutating func merge(_ other: ValuesUse) {
        if !other.taken.isEmpty { taken.formUnion(other.taken) }
        if !other.held.isEmpty { held.formUnion(other.held) }
        if !other.generated.isEmpty { generated.merge(other.generated) { first, _ in first } }
    }
}
