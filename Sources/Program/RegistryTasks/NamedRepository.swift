// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
import TransferEngine

/// A repository of a registry.
package struct NamedRepository: Hashable, Sendable {
    package var registry: RegistryHost
    package var repository: Repository

    package init(registry: RegistryHost, repository: Repository) {
        self.registry = registry
        self.repository = repository
    }

    /// `host/repository`
    package var name: String { "\(registry.name)/\(repository.path)" }

    /// One of its manifests, as an end of a copy.
    func endpoint(_ selector: ManifestSelector) -> TransferEndpoint {
        let store = StoreID(registry)
        switch selector {
        case .tag(let tag): return TransferEndpoint(store: store, repository: repository, tag: tag, digest: nil)
        case .digest(let digest):
            return TransferEndpoint(store: store, repository: repository, tag: nil, digest: digest)
        }
    }
}
