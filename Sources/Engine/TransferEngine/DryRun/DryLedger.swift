// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What a dry run has counted, and what it has seen of the targets.
struct DryLedger: Sendable {
    private var counted = DryRun.Result()
    /// Stores that are asked over a network.
    private let remote: Set<StoreID>
    /// Blobs that the run would have sent or mounted there.
    var placed: Set<BlobPlace> = []
    /// A blob that each store had before.
    var found: [StoreID: (place: BlobPlace, descriptor: Descriptor)] = [:]
    /// Whether a store mounts, where that is known.
    var mounts: [StoreID: MountProof]
    /// What each store takes more if it does not mount.
    var unmounted: [StoreID: UnmountedCost] = [:]
    /// Repositories that stores may have under the name that the source's has.
    var guesses: [TargetRepository: GuessedOrigin] = [:]
    /// Stores that were sent a manifest with several tags.
    var triedTags: Set<StoreID> = []
    /// Lists of referrers as the run would have changed them.
    var lists: [ReferrerListPlace: ManifestContent] = [:]

    init(items: [TransferItem], stores: RunStores) {
        let (sources, targets) = (Set(items.map(\.source.store)), Set(items.map(\.target.store)))
        remote = sources.filter { stores.source($0).isRemote }.union(targets.filter { stores.target($0).isRemote })
        let mounting = targets.filter { stores.target($0).mountsBlobs }
        mounts = Dictionary(uniqueKeysWithValues: mounting.map { ($0, .mounted) })
    }

    /// Counts what a store would be asked for.
    mutating func count(_ store: StoreID, _ change: (inout DryRun.Cost) -> Void) {
        // A registry is asked first how it is reached.
        let first = DryRun.Cost(requests: remote.contains(store) ? 1 : 0)
        change(&counted.costs[store, default: first])
    }

    mutating func note(_ time: Duration, of store: StoreID) {
        counted.answerTimes[store, default: AnswerTime()].add(time)
    }

    /// The costs. What a target takes more if it does not mount is added where that is so, and told apart where it is not known.
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

/// What a plan has found of a repository whose name was guessed.
struct GuessedOrigin: Sendable {
    private var misses = 0
    private var hasHit = false

    /// Blobs that a plan asks such a repository for before it takes it to have none.
    static let missesBeforeGivingUp = 3

    var isWorthAsking: Bool { hasHit || misses < Self.missesBeforeGivingUp }

    mutating func answered(_ isRight: Bool) {
        if isRight { hasHit = true } else { misses += 1 }
    }
}
