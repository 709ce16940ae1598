// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import OCI

extension VerifiedBlob {
    /// All bytes of a small blob, such as a config, in memory.
    ///
    /// - Parameters:
    ///   - limit: bytes that are taken. A blob that is said to have more is not read.
    ///   - name: what the failure calls the blob.
    /// - Throws: `.tooLarge` for more bytes than that, and whatever is wrong with the bytes.
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
    /// Bytes of a config that commands which show or change one image take. Configs have some kilobytes.
    package static let largestConfig: Int64 = 32 << 20
}
