// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// One login that the user typed, which is used for every host.
struct FixedCredential: CredentialSource {
    let login: Credential

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer { CredentialAnswer(login) }
}
