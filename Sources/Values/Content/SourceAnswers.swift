// SPDX-License-Identifier: Apache-2.0

package import OCI

/// A blob being read.
package struct OpenBlob: Sendable {
    /// Of the first byte of `bytes` in the blob.
    package let startOffset: Int64
    package let bytes: BlobStream

    package init(startOffset: Int64, bytes: BlobStream) {
        self.startOffset = startOffset
        self.bytes = bytes
    }
}

/// What the first pages of a list of tags hold.
package struct ListedTags: Sendable {
    /// nil where the list has more pages than were read.
    package var tags: [Tag]?
    /// Pages that were read: requests.
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
