// SPDX-License-Identifier: Apache-2.0

package import OCI

/// What the sources have for the items of a run, read without moving a byte of a blob.
package struct Survey: Sendable {
    /// Content with its size, named by its position in one of the survey's tables.
    package struct Content: Hashable, Sendable {
        package var digest: Digest
        package var size: Int64

        package init(digest: Digest, size: Int64) {
            self.digest = digest
            self.size = size
        }
    }

    /// What one item reaches.
    package struct Item: Hashable, Sendable {
        /// What the source's tag or digest names.
        package var source: Digest?
        /// The manifest to copy: the one that the source names or, with platforms, the one chosen from it.
        package var root: Digest?
        /// Positions in `manifests`, the root among them; each once.
        package var manifests: [Int] = []
        /// Positions in `blobs`; each once.
        package var blobs: [Int] = []
        /// Why part of the item could not be read. The other parts are listed nevertheless.
        package var failure: TransferFailure?
        package init() {}
    }

    package init() {}

    package var items: [Item] = []
    package var manifests: [Content] = []
    package var blobs: [Content] = []
    /// The same manifests, as a source that sends no requests.
    package var sources = SurveyedSources()
    /// How long each store took to answer, tries included.
    package var answerTimes: [StoreID: AnswerTime] = [:]
}
