// SPDX-License-Identifier: Apache-2.0

import OCI

/// The helpers of clouds whose registries accept no permanent passwords.
struct HelperAdvice {
    /// As in `docker-credential-NAME`.
    let helper: String
    let cloud: String

    init?(for host: RegistryHost) {
        switch HostedRegistry(host) {
        case .elasticContainerRegistry, .publicElasticContainerRegistry:
            (helper, cloud) = ("ecr-login", "Amazon ECR")
        case .azureContainerRegistry: (helper, cloud) = ("acr-env", "Azure ACR")
        default: return nil
        }
    }

    func install(for host: RegistryHost) -> String {
        "for \(cloud), install \(CredentialHelper.prefix)\(helper) where PATH finds it; it is used for \(host) then"
    }
}
