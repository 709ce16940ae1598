// SPDX-License-Identifier: Apache-2.0

package import Files
import NIOCore
import NIOPosix
import OCI
import Synchronization

/// A file that this process has not read since it started. Its bytes are hashed while they are sent for the first time.
package struct UncheckedFile: Sendable {
    package let file: OpenFile
    let digest: Digest
    /// Receives the digest of the whole file.
    let conclude: @Sendable (_ found: Digest) throws -> Void

    /// Reads and hashes the whole file, off the event loops.
    ///
    /// - Throws: `DamagedContent`.
    func checked() async throws -> OpenFile {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            try check()
            return file
        }
    }

    /// Blocks.
    package func check() throws { try conclude(try file.hash(digest.algorithm, of: file.size)) }
}

/// The hash of an unchecked file while it is being sent, one part after the other.
final class RunningCheck: Sendable {
    private let unchecked: UncheckedFile
    private let hash: Mutex<ContentHash>

    init(_ unchecked: UncheckedFile) {
        self.unchecked = unchecked
        hash = Mutex(ContentHash(unchecked.digest.algorithm))
    }

    /// Takes the next part.
    ///
    /// - Throws: `DamagedContent` for the last part of a damaged file. That part must not be sent, so the client
    ///   sees a body that ends too early.
    func pass(_ bytes: ByteBuffer, upTo end: Int64) throws {
        let found = hash.withLock { hash in
            hash.update(bytes)
            return end == unchecked.file.size ? hash.digest : nil
        }
        if let found { try unchecked.conclude(found) }
    }
}
