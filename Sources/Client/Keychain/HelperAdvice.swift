// SPDX-License-Identifier: Apache-2.0

import OCI

/// The helpers of clouds whose registries take no lasting passwords.
struct HelperAdvice {
    /// As in `docker-credential-NAME`.
    let helper: String
    let cloud: String

    init?(for host: RegistryHost) {
        let name = host.hostWithoutPort.lowercased()
        let isECR = name.contains(".dkr.ecr.") || name.contains(".dkr.ecr-fips.")
        switch true {
        case name == "public.ecr.aws",
            isECR && (name.hasSuffix(".amazonaws.com") || name.hasSuffix(".amazonaws.com.cn")):
            (helper, cloud) = ("ecr-login", "Amazon ECR")
        case name.hasSuffix(".azurecr.io"), name.hasSuffix(".azurecr.cn"), name.hasSuffix(".azurecr.us"):
            (helper, cloud) = ("acr-env", "Azure ACR")
        default: return nil
        }
    }

    func install(for host: RegistryHost) -> String {
        "for \(cloud), install \(CredentialHelper.prefix)\(helper) where PATH finds it; it is used for \(host) then"
    }
}
