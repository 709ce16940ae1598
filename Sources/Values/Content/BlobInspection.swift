// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Inspects a blob while its bytes pass, and may reject it before the last buffer is handed out.
///
/// It gets every byte in order, from one task. It does not check size and digest. If the bytes break off, no call is
/// needed: releasing the inspection ends it.
package protocol BlobInspection: Sendable {
    /// Takes the next bytes, as soon as there is room for them.
    ///
    /// - Throws: a fault in earlier bytes, whose digest has not been verified yet.
    func update(_ buffer: ByteBuffer) async throws(ContentFailure)

    /// Waits until all bytes have been inspected. Called once, after size and digest were verified.
    func finish() async throws(ContentFailure)
}
