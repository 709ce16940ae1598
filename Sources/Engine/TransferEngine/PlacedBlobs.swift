// SPDX-License-Identifier: Apache-2.0

package import OCI
import OrderedCollections

/// Which repositories of a run's targets have which blobs. Of thousands of images this is kept until the run ends, so that no
/// blob is sent twice: some 70 bytes for one that a single repository has.
package struct PlacedBlobs: Sendable {
    /// The repositories of one store that have a blob, by their numbers.
    private struct Holders: Sendable {
        /// The best to mount from.
        var origin: UInt32
        /// The origin has a manifest with this blob as well: Amazon's registry mounts from no other (containers-roadmap#2860).
        var isReferenced = false
        /// One more than the place of all of them in `lists`; 0 where there is no other.
        var list: UInt32 = 0
    }

    private var stores: OrderedSet<StoreID> = []
    private var repositories: OrderedSet<Repository> = []
    private var holders = DigestTable<Holders>()
    /// In the order in which they got it.
    private var lists: [OrderedSet<UInt32>] = []

    package init() {}

    func has(_ blob: TargetBlob, in repository: Repository) -> Bool {
        guard let holders = holders(of: blob), let number = repositories.number(of: repository) else { return false }
        return holders.list == 0 ? holders.origin == number : lists[Int(holders.list) - 1].contains(number)
    }

    /// The best repository to mount a blob from: one that has a manifest with it as well, where it is known of one.
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

    /// A repository that was believed to have it does not.
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

    /// A repository that has the blob, which is forgotten with it.
    package mutating func take(_ blob: TargetBlob) -> Repository? {
        guard let store = stores.number(of: blob.store), let known = holders[blob.digest, store] else { return nil }
        holders[blob.digest, store] = nil
        return repositories[Int(known.origin)]
    }

    private func holders(of blob: TargetBlob) -> Holders? {
        stores.number(of: blob.store).flatMap { holders[blob.digest, $0] }
    }
}

/// A place for each of very many digests.
struct DigestPlaces: Sendable {
    private var places: OrderedSet<SourcePlace> = []
    private var numbers = DigestTable<UInt32>()

    subscript(digest: Digest) -> SourcePlace? {
        get { numbers[digest, 0].map { places[Int($0)] } }
        set { numbers[digest, 0] = newValue.map { places.insert(numbered: $0) } }
    }
}

/// Manifests that are at their place and that nobody waits for: of thousands of images, no more than this is kept, in some 60
/// bytes each.
struct SettledManifests: Sendable {
    private var targets: OrderedSet<TargetRepository> = []
    private var sources: OrderedSet<SourcePlace> = []
    /// One more than the number of the source whose referrers went along; 0 where nobody asked for any.
    private var whole = DigestTable<UInt32>()
    /// Under derived tags, or in part: few.
    private var others: [ManifestPlace: SettledManifest] = [:]

    subscript(place: ManifestPlace) -> SettledManifest? {
        get {
            guard place.isOrdinary else { return others[place] }
            guard let target = targets.number(of: place.target), let source = whole[place.digest, target] else {
                return nil
            }
            return SettledManifest(listed: source == 0 ? nil : sources[Int(source) - 1])
        }
        set {
            guard place.isOrdinary else { return others[place] = newValue }
            let target = targets.insert(numbered: place.target)
            whole[place.digest, target] = newValue.map { $0.listed.map { sources.insert(numbered: $0) + 1 } ?? 0 }
        }
    }

    mutating func removeValue(forKey place: ManifestPlace) -> SettledManifest? {
        defer { self[place] = nil }
        return self[place]
    }
}

/// A manifest that is at its place.
struct SettledManifest: Sendable {
    /// The repository whose referrers of it went along; nil where nobody asked for any.
    var listed: SourcePlace?
}

extension ManifestPlace {
    fileprivate var isOrdinary: Bool { derivedTag == nil && part == .whole }

    fileprivate var target: TargetRepository { TargetRepository(store: store, repository: repository) }
}

extension OrderedSet {
    fileprivate func number(of element: Element) -> UInt32? {
        firstIndex(of: element).map { UInt32(truncatingIfNeeded: $0) }
    }

    fileprivate mutating func insert(numbered element: Element) -> UInt32 {
        UInt32(truncatingIfNeeded: append(element).index)
    }
}
