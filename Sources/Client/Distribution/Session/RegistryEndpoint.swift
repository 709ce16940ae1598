// SPDX-License-Identifier: Apache-2.0

import OCI
import RegistryAuth
import RegistryTransport

/// How a registry is reached: its origin and its challenges.
struct RegistryEndpoint: Sendable, Hashable {
    /// The source of this knowledge.
    enum Evidence: Sendable, Hashable {
        case ping
        /// The answer to a request about this repository. It says less than a ping: other repositories may be private, or
        /// have another token service.
        case answer(Repository?)
    }

    let origin: WireOrigin
    /// The challenges of its answer, the preferred one first. Empty if, as far as the evidence shows, the registry requires
    /// no login.
    let challenges: [Challenge]
    var evidence = Evidence.ping

    /// The challenges to expect for a call about a repository, as far as they are known.
    func challenges(for repository: Repository?) -> [Challenge] {
        if case .answer(let asked) = evidence, asked != repository { [] } else { challenges }
    }
}
