// SPDX-License-Identifier: Apache-2.0

import Files
package import OCI
import Synchronization

/// Whether files match the digests in their names. Each file is checked once, and the result is kept.
final class FileVerdicts: Sendable {
    /// Files, each with the digest for which it was checked.
    private struct State {
        var intact: [FileIdentity: Digest] = [:]
        var damaged: [FileIdentity: Digest] = [:]
    }

    /// The maximum number of entries, some 20 MiB. Beyond it all entries are dropped, and files are hashed again when
    /// they are read.
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

/// The bytes on disk differ from those that were stored.
package struct DamagedContent: Error {
    package let digest: Digest
}
