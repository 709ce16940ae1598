// SPDX-License-Identifier: Apache-2.0

package import OCI
import OrderedCollections

/// Which repositories of a run's targets have which blobs. This is kept until the run ends, so that no blob is sent twice. A blob that
/// one repository has takes about 70 bytes.
package struct PlacedBlobs: Sendable {
    /// The repositories of one store that have a blob, by their numbers.
    private struct Holders: Sendable {
        /// The best repository to mount from.
        var origin: UInt32
        /// The origin also has a manifest with this blob. Amazon's registry mounts only from such repositories
        /// (containers-roadmap#2860).
        var isReferenced = false
        /// One more than the position in `lists` of all repositories that have the blob; 0 if only the origin has it.
        var list: UInt32 = 0
    }

    private var stores: OrderedSet<StoreID> = []
    private var repositories: OrderedSet<Repository> = []
    private var holders = DigestTable<Holders>()
    /// Repositories that have the same blob, in the order in which they got it.
    private var lists: [OrderedSet<UInt32>] = []

    package init() {}

    func has(_ blob: TargetBlob, in repository: Repository) -> Bool {
        guard let holders = holders(of: blob), let number = repositories.number(of: repository) else { return false }
        return holders.list == 0 ? holders.origin == number : lists[Int(holders.list) - 1].contains(number)
    }

    /// The best repository to mount a blob from: one that also has a manifest with the blob, if one is known.
    func origin(of blob: TargetBlob) -> (repository: Repository, isReferenced: Bool)? {
        holders(of: blob).map { (repositories[Int($0.origin)], $0.isReferenced) }
    }

    package mutating func note(_ blob: TargetBlob, in repository: Repository) {
        let store = stores.insert(numbered: blob.store)
        let number = repositories.insert(numbered: repository)
        guard var known = holders[blob.digest, store] else {
            holders[blob.digest, store] = Holders(origin: number)
            return
        }
        if known.list > 0 {
            lists[Int(known.list) - 1].append(number)
        } else if known.origin != number {
            lists.append([known.origin, number])
            known.list = UInt32(truncatingIfNeeded: lists.count)
            holders[blob.digest, store] = known
        }
    }

    /// A manifest in the repository has the blob.
    mutating func noteReferenced(_ blob: TargetBlob, in repository: Repository) {
        guard let store = stores.number(of: blob.store), var known = holders[blob.digest, store], !known.isReferenced,
            has(blob, in: repository), let number = repositories.number(of: repository)
        else { return }
        (known.origin, known.isReferenced) = (number, true)
        holders[blob.digest, store] = known
    }

    /// A repository that was believed to have the blob does not have it.
    mutating func remove(_ blob: TargetBlob, from repository: Repository) {
        guard let store = stores.number(of: blob.store), var known = holders[blob.digest, store],
            let number = repositories.number(of: repository)
        else { return }
        var others: OrderedSet<UInt32> = known.list == 0 ? [known.origin] : lists[Int(known.list) - 1]
        others.remove(number)
        guard let first = others.first else { return holders[blob.digest, store] = nil }
        if known.list > 0 { lists[Int(known.list) - 1] = others }
        if known.origin == number { (known.origin, known.isReferenced) = (first, false) }
        holders[blob.digest, store] = known
    }

    /// Removes the blob from this object and returns a repository that has it.
    package mutating func take(_ blob: TargetBlob) -> Repository? {
        guard let store = stores.number(of: blob.store), let known = holders[blob.digest, store] else { return nil }
        holders[blob.digest, store] = nil
        return repositories[Int(known.origin)]
    }

    private func holders(of blob: TargetBlob) -> Holders? {
        stores.number(of: blob.store).flatMap { holders[blob.digest, $0] }
    }
}
