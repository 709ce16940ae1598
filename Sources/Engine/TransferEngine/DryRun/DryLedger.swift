// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The counts of a dry run, and what it has seen at the targets.
struct DryLedger: Sendable {
    private var counted = DryRun.Result()
    /// Stores that are reached over a network.
    private let remote: Set<StoreID>
    /// Blobs that the run would have sent or mounted there.
    var placed: Set<BlobPlace> = []
    /// A blob that each store had before.
    var found: [StoreID: (place: BlobPlace, descriptor: Descriptor)] = [:]
    /// Whether a store mounts, where that is known.
    var mounts: [StoreID: MountProof]
    /// The additional cost of each store if it does not mount.
    var unmounted: [StoreID: UnmountedCost] = [:]
    /// Repositories that stores may have under the name of the source's repository.
    var guesses: [RepositoryPlace: GuessedOrigin] = [:]
    /// Stores that were sent a manifest with several tags.
    var triedTags: Set<StoreID> = []
    /// Lists of referrers with the changes that the run would have made.
    var lists: [ReferrerListPlace: ManifestContent] = [:]

    /// - Parameter known: whether stores mount, where the run knows it.
    init(items: [TransferItem], stores: RunStores, mounts known: [StoreID: Bool]) {
        let (sources, targets) = (Set(items.map(\.source.store)), Set(items.map(\.target.store)))
        remote = sources.filter { stores.source($0).isRemote }.union(targets.filter { stores.target($0).isRemote })
        mounts = known.mapValues { $0 ? .mounted : .openedSession }
    }

    /// Counts what the run would request from a store.
    mutating func count(_ store: StoreID, _ change: (inout DryRun.Cost) -> Void) {
        // The first request to a registry finds out how to reach it.
        let first = DryRun.Cost(requests: remote.contains(store) ? 1 : 0)
        change(&counted.costs[store, default: first])
    }

    mutating func note(_ time: Duration, of store: StoreID) {
        counted.answerTimes[store, default: AnswerTime()].add(time)
    }

    /// The costs. The additional cost of a target that does not mount is included if the target is known not to mount, and
    /// listed separately if this is not known.
    var result: DryRun.Result {
        unmounted.reduce(into: counted) { result, entry in
            switch mounts[entry.key]?.mounts {
            case true?: break
            case false?: result.count(entry.value, at: entry.key)
            case nil: result.unproven[entry.key] = entry.value
            }
        }
    }
}

/// What a dry run has found in a repository whose name was guessed.
struct GuessedOrigin: Sendable {
    private var misses = 0
    private var hasHit = false

    /// After this many missing blobs, a dry run assumes that such a repository has none.
    static let missesBeforeGivingUp = 3

    var isWorthAsking: Bool { hasHit || misses < Self.missesBeforeGivingUp }

    mutating func answered(_ isRight: Bool) {
        if isRight { hasHit = true } else { misses += 1 }
    }
}
