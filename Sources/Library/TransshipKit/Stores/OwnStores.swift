// SPDX-License-Identifier: Apache-2.0

import OCI

/// The stores that a user brings, by the hosts that references name them by.
struct OwnStores: Sendable {
    /// By canonical name: a host has several spellings.
    private var stores: [String: OwnStore] = [:]

    /// - Throws: `TransshipError` for a name that no reference can have, and for two names of one host.
    init(_ stores: [String: any ContentStore]) throws(TransshipError) {
        for (name, store) in stores {
            let host = try Self.host(name)
            guard self.stores.updateValue(OwnStore(name: name, base: store), forKey: host.canonicalName) == nil else {
                throw TransshipError(.invalid, "two stores are called \"\(name.displayable)\"")
            }
        }
    }

    func store(at host: RegistryHost) -> OwnStore? { stores.isEmpty ? nil : stores[host.canonicalName] }

    /// Without a dot or a port, a name is the beginning of a path on Docker Hub.
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
