// SPDX-License-Identifier: Apache-2.0

import OCI

/// A part of a list of referrers, filled one by one. Reading stops when the page is full, however many referrers there
/// are.
package struct ReferrerPage: Sendable {
    package private(set) var entries: [Referrer] = []
    /// Whether no entry is left for another page.
    package private(set) var isLast = true
    private let last: String?
    private let artifactType: String?
    private let limit: Int
    private var size = 0

    /// - Parameters:
    ///   - last: the digest after which the page begins.
    ///   - artifactType: only referrers of this type are taken; nil: all.
    ///   - limit: the maximum number of bytes of all descriptors. A single descriptor may be larger.
    package init(after last: String? = nil, artifactType: String? = nil, upTo limit: Int = .max) {
        self.last = last
        self.artifactType = artifactType
        self.limit = limit
    }

    /// Whether a digest is not on an earlier page. Otherwise its entry does not have to be read.
    func wants(_ digest: Digest) -> Bool { last.map { $0 < digest.text } ?? true }

    /// Adds the next entry if it has the wanted artifact type.
    ///
    /// - Returns: false if the page is full and takes no further entry.
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
