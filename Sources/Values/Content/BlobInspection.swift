// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Looks into a blob while its bytes pass, and has a say before the last of them is let go.
///
/// Gets every byte in order, from one task; size and digest are somebody else's business. Nothing needs to be called
/// when the bytes break off: dropping the inspection ends it.
package protocol BlobInspection: Sendable {
    /// Takes the next bytes, as soon as there is room for them.
    ///
    /// - Throws: what was found wrong in earlier bytes, whose digest nobody knows yet.
    func update(_ buffer: ByteBuffer) async throws(ContentFailure)

    /// Waits until all bytes have been looked at. Called once, when size and digest are known to be right.
    func finish() async throws(ContentFailure)
}
