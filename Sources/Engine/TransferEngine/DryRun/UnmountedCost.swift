// SPDX-License-Identifier: Apache-2.0

import OCI

/// The additional cost of a target if it does not mount. Such a target is asked for each blob by HEAD, and all bytes are
/// sent to each of its repositories.
package struct UnmountedCost: Hashable, Sendable {
    package var requests = 0
    package var bytes: Int64 = 0
    /// The additional reads from each source.
    var reads: [StoreID: DryRun.Cost] = [:]

    package init() {}

    /// - Parameters:
    ///   - size: bytes of a blob that was counted as mounted.
    ///   - requests: requests to the target for sending it, besides the request that was counted.
    mutating func add(size: Int64, requests: Int, from source: StoreID) {
        self.requests += requests
        bytes.add(saturating: size)
        reads[source, default: DryRun.Cost()].requests += 1
        reads[source, default: DryRun.Cost()].bytesRead.add(saturating: size)
    }
}

extension UnmountedCost {
    /// The requests to the target and to the sources together.
    package var requestsInAll: Int { reads.values.reduce(requests) { $0.adding(saturating: $1.requests) } }
}

extension DryRun.Result {
    /// A store's additional cost if the targets do not mount whose answer is unknown: as one of these targets, and as a
    /// source of them.
    package func unprovenCost(at store: StoreID) -> DryRun.Cost {
        let own = unproven[store] ?? UnmountedCost()
        var cost = DryRun.Cost(requests: own.requests)
        cost.bytesWritten = own.bytes
        for case let read? in unproven.values.map({ $0.reads[store] }) {
            cost.requests.add(saturating: read.requests)
            cost.bytesRead.add(saturating: read.bytesRead)
        }
        return cost
    }

    /// Adds the additional cost of a target that turned out not to mount after blobs had been counted as mounted.
    mutating func count(_ more: UnmountedCost, at target: StoreID) {
        costs[target]?.requests += more.requests
        costs[target]?.bytesWritten.add(saturating: more.bytes)
        costs[target]?.bytesMounted -= more.bytes
        for (source, cost) in more.reads {
            costs[source]?.requests += cost.requests
            costs[source]?.bytesRead.add(saturating: cost.bytesRead)
        }
    }
}
