// SPDX-License-Identifier: Apache-2.0

package import OCI
import Synchronization

/// A file as it was when it was looked at: other bytes, other identity, unless the device itself changes them.
struct FileIdentity: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
    /// Bytes.
    var size: Int64
    /// Of the last change of the bytes.
    var seconds: Int64
    var nanoseconds: Int64
}

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
