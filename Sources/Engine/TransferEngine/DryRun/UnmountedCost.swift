// SPDX-License-Identifier: Apache-2.0

import OCI

/// What a target takes more than was counted, if it turns out not to mount: such a one is asked for each blob by HEAD, and each of
/// its repositories is sent all bytes.
package struct UnmountedCost: Hashable, Sendable {
    package var requests = 0
    package var bytes: Int64 = 0
    /// What is read for it at the sources.
    var reads: [StoreID: DryRun.Cost] = [:]

    package init() {}

    /// - Parameters:
    ///   - size: of a blob that was counted as mounted.
    ///   - requests: that sending it takes at the target, besides the one that was counted.
    mutating func add(size: Int64, requests: Int, from source: StoreID) {
        self.requests += requests
        bytes.add(saturating: size)
        reads[source, default: DryRun.Cost()].requests += 1
        reads[source, default: DryRun.Cost()].bytesRead.add(saturating: size)
    }
}

extension DryRun.Result {
    /// It does not mount, which was seen only after blobs had been counted as mounted.
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
