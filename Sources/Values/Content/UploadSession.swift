// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A target's answer to a request to upload a blob.
package enum BlobAdmission: Sendable {
    /// The target has the blob in this repository. No byte needs to be sent.
    case present
    /// The target waits for the blob's bytes.
    case session(UploadSession, mountRefused: Bool)
}

/// The target's side of one blob upload. Only the store that issued it can read it.
package struct UploadSession: Sendable, Hashable {
    /// Where the next request of this session goes. May carry signatures, so it must not be logged.
    package let location: String
    package let repository: Repository
    /// Bytes that the target has, according to its last answer.
    package var acknowledged: Int64 = 0
    /// Bounds of an appended piece in bytes, where the target names them. The last piece may be smaller.
    package var smallestPiece: Int64?
    package var largestPiece: Int64?

    package init(location: String, repository: Repository) {
        self.location = location
        self.repository = repository
    }

    /// Sets the bounds of a piece that a registry named. A bound that makes no sense is ignored.
    ///
    /// Every piece is a request, so a target that accepts one byte at a time would turn a small blob into thousands of
    /// requests. A piece also has to be sent completely without a break.
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
