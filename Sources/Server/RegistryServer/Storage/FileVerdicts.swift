// SPDX-License-Identifier: Apache-2.0

import Files
package import OCI
import Synchronization

/// Whether files are what their names say: found out once for each file and kept.
final class FileVerdicts: Sendable {
    /// Files with the digest in the name that was asked for.
    private struct State {
        var intact: [FileIdentity: Digest] = [:]
        var damaged: [FileIdentity: Digest] = [:]
    }

    /// Entries after which everything is forgotten, and hashed again when it is read: some 20 MiB.
    private static let capacity = 1 << 17

    private let state = Mutex(State())

    enum Verdict: Hashable {
        case intact
        case damaged
        case unknown
    }

    func verdict(_ file: FileIdentity, _ digest: Digest) -> Verdict {
        state.withLock { state in
            if state.intact[file] == digest { return .intact }
            return state.damaged[file] == digest ? .damaged : .unknown
        }
    }

    func record(_ file: FileIdentity, _ digest: Digest, isIntact: Bool) {
        state.withLock { state in
            if state.intact.count >= Self.capacity { state.intact = [:] }
            if state.damaged.count >= Self.capacity { state.damaged = [:] }
            if isIntact {
                state.intact[file] = digest
            } else {
                state.damaged[file] = digest
            }
        }
    }
}

/// The bytes on disk are not those that were stored.
package struct DamagedContent: Error {
    package let digest: Digest
}
