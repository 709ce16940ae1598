// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Whether a target refuses writes because its storage is full. Then its other blobs need not be tried one by one.
///
/// A full disk and an exhausted quota refuse everything alike. Two different contents that are given up for the same
/// reason, with nothing stored in between, are enough to know.
struct WriteStop: Sendable {
    private struct Signature: Hashable {
        var status: Int?
        var codes: [String]
    }

    private var refused: (signature: Signature, content: Digest)?
    /// Why nothing more is sent to this target; nil while it accepts content.
    private(set) var failure: TransferFailure?

    /// Content was given up.
    mutating func note(_ failure: TransferFailure, of content: Digest) {
        guard failure.side == .target, failure.cause.saysThereIsNoRoom else { return }
        let signature = Signature(status: failure.cause.status, codes: failure.cause.codes)
        if let refused, refused.signature == signature, refused.content != content, self.failure == nil {
            var stopping = failure
            stopping.cause.message += "; the target refuses everything alike, so nothing more is sent to it"
            stopping.cause.retry = .never
            self.failure = stopping
        }
        refused = (signature, content)
    }

    /// Something was stored.
    mutating func noteSuccess() { if failure == nil { refused = nil } }
}
