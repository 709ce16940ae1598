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
    /// The challenge of its answer; nil if the registry asks for no login, as far as the evidence goes.
    let challenge: Challenge?
    var evidence = Evidence.ping

    /// The challenge to expect for a call about a repository, as far as it is known before.
    func challenge(for repository: Repository?) -> Challenge? {
        if case .answer(let asked) = evidence, asked != repository { nil } else { challenge }
    }
}
