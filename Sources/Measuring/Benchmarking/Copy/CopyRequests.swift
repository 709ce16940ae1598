// SPDX-License-Identifier: Apache-2.0

import OCI

/// HTTP requests of a copy, by where they went.
package struct CopyRequests: Sendable, Hashable {
    /// If source and target are one registry, all requests to it.
    package var source = 0
    package var target = 0
    /// Requests to token services and storage hosts.
    package var others = 0

    package init(source: Int = 0, target: Int = 0, others: Int = 0) {
        self.source = source
        self.target = target
        self.others = others
    }

    /// - Parameter tally: the number of requests to each authority.
    package init(_ tally: [(authority: String, requests: Int)], source: String?, target: String?) {
        for (authority, requests) in tally {
            switch authority {
            case source: self.source.add(saturating: requests)
            case target: self.target.add(saturating: requests)
            default: others.add(saturating: requests)
            }
        }
    }

    /// The requests since an earlier moment.
    func since(_ earlier: CopyRequests) -> CopyRequests {
        CopyRequests(
            source: source.subtracting(saturating: earlier.source),
            target: target.subtracting(saturating: earlier.target),
            others: others.subtracting(saturating: earlier.others))
    }
}
