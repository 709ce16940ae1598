// SPDX-License-Identifier: Apache-2.0

package import OCI

/// What a target answered when asked to take a blob.
package enum BlobAdmission: Sendable {
    /// It has the blob in this repository now: no byte needs to be sent.
    case present
    /// It waits for the blob's bytes.
    case session(UploadSession, mountRefused: Bool)
}

/// The target's side of one blob upload. Only the store that issued it can read it.
package struct UploadSession: Sendable, Hashable {
    /// Where the next request of this session goes. May carry signatures, so it must not be logged.
    package let location: String
    package let repository: Repository
    /// Bytes that the target has, as it said.
    package var acknowledged: Int64 = 0
    /// Bounds of an appended piece in bytes, where the target names them. The last piece may be smaller.
    package var smallestPiece: Int64?
    package var largestPiece: Int64?

    package init(location: String, repository: Repository) {
        self.location = location
        self.repository = repository
    }

    /// Takes the bounds of a piece from outside. A bound that makes no sense counts as not named.
    ///
    /// Every piece is a request: a target that took a byte at a time would turn a small blob into thousands of them. And a piece
    /// has to be sent without a break for its whole length.
    package mutating func believe(smallestPiece: Int64?, largestPiece: Int64?) {
        self.smallestPiece = smallestPiece.flatMap { (1...Self.largestMinimum).contains($0) ? $0 : nil }
        self.largestPiece = largestPiece.flatMap { $0 >= Self.smallestMaximum ? $0 : nil }
    }

    /// Bytes. No registry needs a larger minimum.
    package static let largestMinimum: Int64 = 1 << 30
    /// Bytes. The smallest maximum a registry is known for is 4 MiB (GitHub's).
    package static let smallestMaximum: Int64 = 64 << 10
}

/// How a target wants to receive blobs.
package struct UploadHabits: Sendable, Hashable {
    /// Whether a blob may be appended in pieces.
    package var takesPieces: Bool
    /// The most bytes of one request; nil: any number.
    package var largestBody: Int64?

    package init(takesPieces: Bool = true, largestBody: Int64? = nil) {
        self.takesPieces = takesPieces
        self.largestBody = largestBody
    }
}
