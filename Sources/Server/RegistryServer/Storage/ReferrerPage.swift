// SPDX-License-Identifier: Apache-2.0

import OCI

/// A part of a list of referrers, filled one by one: whoever reads them stops where it is full, however many there are.
package struct ReferrerPage: Sendable {
    package private(set) var entries: [Referrer] = []
    /// Whether no entry was left for another page.
    package private(set) var isLast = true
    private let last: String?
    private let artifactType: String?
    private let limit: Int
    private var size = 0

    /// - Parameters:
    ///   - last: the digest after which it begins.
    ///   - artifactType: the only one that counts.
    ///   - limit: bytes of its descriptors, but for a single one that is larger.
    package init(after last: String? = nil, artifactType: String? = nil, upTo limit: Int = .max) {
        self.last = last
        self.artifactType = artifactType
        self.limit = limit
    }

    /// Whether a digest is not on an earlier page; nothing else of it has to be read.
    func wants(_ digest: Digest) -> Bool { last.map { $0 < digest.text } ?? true }

    /// Takes what is wanted of the next entry.
    ///
    /// - Returns: false where the page is full: no further entry is for it.
    mutating func take(_ referrer: Referrer) -> Bool {
        guard artifactType == nil || referrer.artifactType == artifactType else { return true }
        size += referrer.descriptor.text.utf8.count
        guard size <= limit || entries.isEmpty else {
            isLast = false
            return false
        }
        entries.append(referrer)
        return true
    }
}
