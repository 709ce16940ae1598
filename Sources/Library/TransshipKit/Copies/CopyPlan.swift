// SPDX-License-Identifier: Apache-2.0

import OCI
import TransferEngine

/// What a copy would do and cost, as far as reading tells; nothing was changed.
///
/// ```swift
/// let plan = await transship.plan(items)
/// print(plan.bytesToSend, plan.stores.map(\.requests).reduce(0, +))
/// ```
public struct CopyPlan: Sendable {
    /// What one registry, layout or store would be asked for.
    public struct StoreCost: Hashable, Sendable {
        /// The registry's host, or `oci:FOLDER`.
        public let name: String
        /// Requests, second tries not counted.
        public let requests: Int
        /// GETs of manifests: what registries with a pull quota count.
        public let pulls: Int
        /// Bytes of blobs that would be read.
        public let bytesRead: Int64
        /// The most requests that it may take: more than ``requests`` where it is empty, so that nothing tells whether it takes
        /// blobs over from its other repositories.
        public let mostRequests: Int
        /// Bytes of blobs that would be written.
        public let bytesWritten: Int64
        /// The most bytes that may be written, if it does not take blobs over.
        public let mostBytesWritten: Int64
    }

    /// How each item would end, in the order of the items: ``CopyOutcome/copied(_:)`` is one that a run would copy, and
    /// ``CopyOutcome/failed(_:)`` one of which something that a run needs could not be read.
    public let outcomes: [CopyOutcome]
    /// What each store would be asked for, by name.
    public let stores: [StoreCost]

    /// Bytes of blobs that would be sent, of all targets together.
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
