// SPDX-License-Identifier: Apache-2.0

import OCI
package import TransferEngine

/// What a run will cost, from a dry run of it.
package struct RunEstimate: Sendable {
    /// What one registry will be asked for.
    package struct Registry: Hashable, Sendable {
        package let store: StoreID
        package var itemsRead = 0
        package var itemsWritten = 0
        package var cost = DryRun.Cost()
        /// The additional cost if the registry does not mount; nil where it is known whether it mounts.
        package var unmounted: UnmountedCost?
        /// The additional requests if this registry, or a target that it is a source of, does not mount.
        package var unproven = DryRun.Cost()

        init(_ store: StoreID) { self.store = store }

        package var name: String { store.name }
    }

    /// By name.
    package let registries: [Registry]
    /// Items the target does not have yet.
    package let toCopy: Int
    package let unchanged: Int
    /// Items whose tag at the target is left as it is.
    package let kept: Int
    /// Items whose target did not say what it has. No other figure includes them.
    package let unknown: [Int: TransferFailure]
    /// Items whose copy would fail because of the content at their source.
    package let uncopyable: [Int: TransferFailure]
    package var bytes: Int64 { registries.saturatedSum(of: \.cost.bytesWritten) }
    package var bytesMounted: Int64 { registries.saturatedSum(of: \.cost.bytesMounted) }
    package var requests: Int { registries.saturatedSum(of: \.cost.requests) }

    package init(_ run: DryRun.Result, items: [TransferItem]) {
        var rows = run.costs.reduce(into: [StoreID: Registry]()) { rows, entry in
            rows[entry.key, default: Registry(entry.key)].cost = entry.value
        }
        func change(_ store: StoreID, _ change: (inout Registry) -> Void) {
            change(&rows[store, default: Registry(store)])
        }
        for (store, more) in run.unproven { change(store) { $0.unmounted = more } }
        for store in rows.keys { change(store) { $0.unproven = run.unprovenCost(at: store) } }
        var (toCopy, unchanged, kept) = (0, 0, 0)
        var (unknown, uncopyable): ([Int: TransferFailure], [Int: TransferFailure]) = ([:], [:])
        for (position, (item, outcome)) in zip(items, run.outcomes).enumerated() {
            switch outcome {
            case .copied:
                toCopy += 1
                change(item.source.store) { $0.itemsRead += 1 }
                change(item.target.store) { $0.itemsWritten += 1 }
            case .unchanged: unchanged += 1
            case .kept: kept += 1
            case .failed(let failure) where failure.side == .target: unknown[position] = failure
            case .failed(let failure): uncopyable[position] = failure
            case nil: break
            }
        }
        registries = rows.values.sorted { $0.name < $1.name }
        (self.toCopy, self.unchanged, self.kept) = (toCopy, unchanged, kept)
        (self.unknown, self.uncopyable) = (unknown, uncopyable)
    }

    /// How long the slowest registry takes, from the rate for bytes, the time of one request and the number of concurrent
    /// requests.
    ///
    /// - Parameters:
    ///   - rate: bytes a second to and from one registry.
    ///   - roundTrip: the measured time of one small request to a registry.
    package func seconds(rate: Double, connections: Int, roundTrip: (StoreID) -> Double) -> Double {
        registries.map { registry in
            let asking = Double(registry.cost.requests) * roundTrip(registry.store) / Double(max(1, connections))
            return Double(max(registry.cost.bytesRead, registry.cost.bytesWritten)) / max(1, rate) + asking
        }.max() ?? 0
    }
}
