// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth

/// One login for every host, as somebody has typed it.
struct OnlyLogin: CredentialSource {
    let login: Credential

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer { CredentialAnswer(login) }
}
