// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import OCI

extension VerifiedBlob {
    /// All bytes of a small blob, such as a config, in memory.
    ///
    /// - Parameters:
    ///   - limit: the most bytes to accept. A blob whose descriptor names more is not read.
    ///   - name: the blob's name in failures.
    /// - Throws: `.tooLarge` for more bytes than that, and the failures of reading and verifying.
    package func collected(upTo limit: Int64, named name: String) async throws(ContentFailure) -> [UInt8] {
        guard size <= limit else { throw ContentFailure(.tooLarge, "\(name) has more than \(limit) bytes") }
        var bytes: [UInt8] = []
        do { for try await buffer in self { bytes += buffer.readableBytesView } } catch {
            throw failure ?? ContentFailure(.unavailable, "reading \(name) broke off")
        }
        return bytes
    }
}

extension Descriptor {
    /// Bytes of the largest config that commands for a single image accept. Configs have some kilobytes.
    package static let largestConfig: Int64 = 32 << 20
}
