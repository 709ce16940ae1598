// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import RegistryTransport

/// How a registry is reached: its origin, and what it asks for.
struct RegistryEndpoint: Sendable, Hashable {
    /// What this was learned from.
    enum Evidence: Sendable, Hashable {
        case ping
        /// The answer to a question about this repository, which says less: others may be private, or have a token service
        /// of their own.
        case answer(Repository?)
    }

    let origin: WireOrigin
    /// The challenges of its answer, the preferred one first; none if the registry asks for no login, as far as the evidence
    /// goes.
    let challenges: [Challenge]
    var evidence = Evidence.ping

    /// The challenges to expect for a call about a repository, as far as they are known before.
    func challenges(for repository: Repository?) -> [Challenge] {
        if case .answer(let asked) = evidence, asked != repository { [] } else { challenges }
    }
}
