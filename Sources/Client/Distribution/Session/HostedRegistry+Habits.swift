// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// Known differences of hosted registries, each with its source.

extension RegistryHost {
    /// How the registry accepts blobs.
    var uploadHabits: UploadHabits { UploadHabits(takesPieces: HostedRegistry(self)?.takesPieces ?? true) }

    /// The page sizes to request for lists. The next one is tried if the one before is refused. The reference registry's
    /// catalog accepts at most 1000.
    var pageSizes: [Int] { (HostedRegistry(self)?.longestPage.map { [$0] } ?? []) + [1000, 100] }
}

extension HostedRegistry {
    /// Whether uploads in pieces are possible, with pieces as large as whole bodies.
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

    /// The longest page of a list that it returns, if this is more than usual.
    fileprivate var longestPage: Int? {
        switch self {
        // As gcrane asks of them (go-containerregistry#1645).
        case .artifactRegistry, .containerRegistry, .otherGoogle: 10_000
        default: nil
        }
    }
}
