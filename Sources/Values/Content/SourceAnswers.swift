// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A blob being read.
package struct OpenBlob: Sendable {
    /// The offset in the blob of the first byte of `bytes`.
    package let startOffset: Int64
    package let bytes: BlobStream

    package init(startOffset: Int64, bytes: BlobStream) {
        self.startOffset = startOffset
        self.bytes = bytes
    }
}

/// The first pages of a list of tags.
package struct ListedTags: Sendable {
    /// nil if the list has more pages than were read.
    package var tags: [Tag]?
    /// The number of pages that were read, which is the number of requests.
    package var pages: Int

    package init(tags: [Tag]?, pages: Int) {
        self.tags = tags
        self.pages = pages
    }
}

/// How many manifests may still be fetched from a store that counts them.
package struct PullAllowance: Sendable, Hashable {
    package var remaining: Int
    /// Pulls in each window; nil where the store does not say.
    package var limit: Int?
    package var window: Duration

    package init(remaining: Int, limit: Int?, window: Duration) {
        self.remaining = remaining
        self.limit = limit
        self.window = window
    }
}
