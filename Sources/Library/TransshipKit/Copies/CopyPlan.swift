// SPDX-License-Identifier: Apache-2.0

import OCI
import TransferEngine

/// What a copy would do, and its cost, found out by reading only. Nothing was changed.
///
/// ```swift
/// let plan = await transship.plan(items)
/// print(plan.bytesToSend, plan.stores.map(\.requests).reduce(0, +))
/// ```
public struct CopyPlan: Sendable {
    /// The requests to one registry, layout or store.
    public struct StoreCost: Hashable, Sendable {
        /// The registry's host, or `oci:FOLDER`.
        public let name: String
        /// The number of requests, without retries.
        public let requests: Int
        /// The number of GETs of manifests. Registries with a pull quota count these.
        public let pulls: Int
        /// Bytes of blobs that would be read.
        public let bytesRead: Int64
        /// The most requests that may be needed. It is more than ``requests`` if the store is empty, because then it is
        /// unknown whether the store mounts blobs from its other repositories.
        public let mostRequests: Int
        /// Bytes of blobs that would be written.
        public let bytesWritten: Int64
        /// The most bytes that may be written, if the store does not mount blobs.
        public let mostBytesWritten: Int64
    }

    /// How each item would end, in the order of the items: ``CopyOutcome/copied(_:)`` means that a run would copy it, and
    /// ``CopyOutcome/failed(_:)`` that content which a run needs could not be read.
    public let outcomes: [CopyOutcome]
    /// The cost for each store, sorted by name.
    public let stores: [StoreCost]

    /// Bytes of blobs that would be sent, for all targets together.
    public var bytesToSend: Int64 { stores.saturatedSum(of: \.bytesWritten) }
}

extension CopyPlan {
    init(_ run: DryRun.Result) {
        outcomes = run.outcomes.map { outcome in
            guard let outcome else {
                return .failed(TransshipError(.cancelled, "the plan was stopped before this image"))
            }
            return CopyOutcome(outcome)
        }
        stores = run.costs.map { StoreCost($0.value, of: $0.key, ifUnmounted: run.unprovenCost(at: $0.key)) }.sorted {
            $0.name < $1.name
        }
    }
}

extension CopyPlan.StoreCost {
    fileprivate init(_ cost: DryRun.Cost, of store: StoreID, ifUnmounted more: DryRun.Cost) {
        self.init(
            name: store.publicName, requests: cost.requests, pulls: cost.pulls, bytesRead: cost.bytesRead,
            mostRequests: cost.requests.adding(saturating: more.requests), bytesWritten: cost.bytesWritten,
            mostBytesWritten: cost.bytesWritten.adding(saturating: more.bytesWritten))
    }
}
