// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// What hosted registries do otherwise than others, as far as it is known before they are asked: each with its source.

extension RegistryHost {
    /// How it wants to get blobs.
    var uploadHabits: UploadHabits { UploadHabits(takesPieces: HostedRegistry(self)?.takesPieces ?? true) }

    /// Page sizes to ask for in lists, each where the one before is refused. The reference registry's catalog takes no more
    /// than 1000.
    var pageSizes: [Int] { (HostedRegistry(self)?.longestPage.map { [$0] } ?? []) + [1000, 100] }
}

extension HostedRegistry {
    /// Whether uploads may come in pieces as large as whole bodies.
    fileprivate var takesPieces: Bool {
        switch self {
        // "Artifact Registry: Docker API overview": monolithic uploads only.
        case .artifactRegistry, .containerRegistry, .otherGoogle: false
        // At most 4 MiB a piece (rust-oci-client#35).
        case .gitHub: false
        // The status of a session is not kept up to date (containers-roadmap#2831).
        case .elasticContainerRegistry, .publicElasticContainerRegistry: false
        case .dockerHub, .quay, .gitLab, .azureContainerRegistry: true
        }
    }

    /// The longest page of a list that it gives, where that is more than others do.
    fileprivate var longestPage: Int? {
        switch self {
        // As gcrane asks of them (go-containerregistry#1645).
        case .artifactRegistry, .containerRegistry, .otherGoogle: 10_000
        default: nil
        }
    }
}
