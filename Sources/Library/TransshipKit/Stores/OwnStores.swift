// SPDX-License-Identifier: Apache-2.0

import OCI

/// The user's own stores, by their hosts in references.
struct OwnStores: Sendable {
    /// By canonical name, because a host has several spellings.
    private var stores: [String: OwnStore] = [:]

    /// - Throws: `TransshipError` for a name that cannot occur in a reference, and for two names of one host.
    init(_ stores: [String: any ContentStore]) throws(TransshipError) {
        for (name, store) in stores {
            let host = try Self.host(name)
            guard self.stores.updateValue(OwnStore(name: name, base: store), forKey: host.canonicalName) == nil else {
                throw TransshipError(.invalid, "two stores are called \"\(name.displayable)\"")
            }
        }
    }

    func store(at host: RegistryHost) -> OwnStore? { stores.isEmpty ? nil : stores[host.canonicalName] }

    /// In a reference, a name without a dot or a port is the beginning of a path on Docker Hub.
    private static func host(_ name: String) throws(TransshipError) -> RegistryHost {
        do throws(ReferenceError) {
            let host = try Reference.parseRepository(name + "/repository").0
            let isHost = !host.isDockerHub || RegistryHost.dockerHubNames.contains(name)
            if isHost, !name.contains("/") { return host }
        } catch {
            throw TransshipError(.invalid, "\"\(name.displayable)\" cannot name a store: \(error.reasonText)")
        }
        throw TransshipError(
            .invalid, "\"\(name.displayable)\" cannot name a store: references would not read it as a host",
            hint: "take a name with a dot, such as bucket.example")
    }
}
