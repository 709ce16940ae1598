// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization

/// Reads at targets what a run would read there, and counts what it would write.
final class DryPerformer: Performer {
    private struct State {
        var result = DryRun.Result()
        /// Blobs that the run would have put there.
        var placed: Set<BlobPlace> = []
        /// A blob that each store has had before.
        var found: [StoreID: (place: BlobPlace, descriptor: Descriptor)] = [:]
        var mounts: [StoreID: Bool] = [:]
        /// What each store takes more if it does not mount.
        var unmounted: [StoreID: UnmountedCost] = [:]
        /// Lists of referrers that the run would have changed.
        var lists: [ReferrerListPlace: ManifestContent] = [:]
    }

    private let items: [TransferItem]
    private let sources: SurveyedSources
    private let settings: TransferSettings
    private let stores: RunStores
    /// Stores that are asked over a network.
    private let remote: Set<StoreID>
    private let finder: ReferrerFinder
    private let merges = Turns<ReferrerListPlace>()
    private let state = Mutex(State())

    init(
        items: [TransferItem], sources: SurveyedSources, settings: TransferSettings,
        stores: RunStores
    ) {
        finder = ReferrerFinder(artifactTypes: settings.referrers.artifactTypes)
        self.items = items
        self.sources = sources
        self.settings = settings
        self.stores = stores
        remote = Set(items.map(\.source.store)).filter { stores.source($0).isRemote }
            .union(Set(items.map(\.target.store)).filter { stores.target($0).isRemote })
    }

    var result: DryRun.Result {
        let state = self.state.withLock { $0 }
        return state.unmounted.reduce(into: state.result) { result, entry in
            switch isKnownToMount(entry.key) {
            case true?: break
            case false?: result.count(entry.value, at: entry.key)
            case nil: result.unproven[entry.key] = entry.value
            }
        }
    }

    func allowance(of source: StoreID) -> PullAllowance? { nil }

    func perform(_ queued: Queued<CopyRequest>) async -> CopyAnswer {
        do throws(TransferFailure) { return try await carryOut(queued.request, for: queued.item) } catch {
            return .failed(error)
        }
    }

    private func carryOut(_ request: CopyRequest, for item: ItemID) async throws(TransferFailure) -> CopyAnswer {
        switch request {
        case .probeTarget(let store, let repository, let selector):
            return .summary(try await probe(selector, in: repository, of: store))
        case .lookAtTarget(let store, let repository, let selector):
            return .summary(try await summary(of: selector, in: repository, of: store))
        case .findManifest(let place):
            count(place.store) { $0.requests += 1 }
            return .summary(try await summary(of: .digest(place.digest), in: place.repository, of: place.store))
        case .resolveTag(let tag):
            count(tag.store) { $0.requests += 1 }
            let digest = try sources.digest(of: tag)
            return .summary(ManifestSummary(digest: digest, mediaType: .octetStream, size: nil))
        case .fetchManifest(let store, let repository, let selector):
            count(store) { cost in
                cost.requests += 1
                cost.pulls += 1
            }
            return .manifest(try await manifest(selector, in: repository, of: store))
        case .mount(let place, let descriptor, let origin):
            return await mount(descriptor, to: place, from: origin, for: item)
        case .proveMounts(let place, _): return .mounts(await proveMounts(at: place.store))
        case .proveManifest: preconditionFailure("a plan trusts what is there")
        case .upload(let upload): return try await self.upload(upload)
        case .storeManifest(let place, _, _, _): return write(to: place.store)
        case .cancelSession(let store, _): return write(to: store)
        case .proveWritable(let place):
            // A session is opened, and left for the first blob.
            _ = write(to: place.store)
            return .session(UploadSession(location: "", repository: place.repository), mountRefused: false)
        case .listReferrers(let place, let source): return .referrers(try await referrers(of: place, at: source))
        case .mergeReferrers(let place, let content, let subject):
            return .merged(try await merge(content, referringTo: subject, at: place))
        }
    }

    /// Asks both sides as the run would: nothing else knows what refers to a manifest.
    private func referrers(of place: ManifestPlace, at source: SourcePlace) async throws(TransferFailure)
        -> ReferrerList
    {
        let list = try await finder.referrers(
            of: place.digest, at: source, stores.source(source.store), for: stores.target(place.store),
            in: place.repository)
        count(source.store) { cost in
            cost.requests += list.requests.source + list.tagged.count
            cost.pulls += list.tagged.count
        }
        count(place.store) { $0.requests += list.requests.target }
        return list
    }

    /// The target's list as it would be then: it is read, written and read again, where it does not have all of it.
    private func merge(
        _ content: ManifestContent, referringTo subject: Digest, at place: ManifestPlace
    ) async throws(TransferFailure) -> ManifestContent {
        let list = ReferrerListPlace(store: place.store, repository: place.repository, subject: subject)
        return try await merges.alone(list) { () async throws(TransferFailure) in
            try await mergeAlone(content, into: list, at: place)
        }
    }

    private func mergeAlone(
        _ content: ManifestContent, into list: ReferrerListPlace, at place: ManifestPlace
    ) async throws(TransferFailure) -> ManifestContent {
        let (target, repository) = (stores.target(place.store), place.repository)
        guard let tag = ReferrerList.tag(for: list.subject) else { return content }
        return try await asking(.target) { () async throws(ContentFailure) in
            if target.asksForReferrers(in: repository) { count(place.store) { $0.requests += 1 } }
            if let own = try await target.readableReferrers(of: list.subject, in: repository) { return own }
            count(place.store) { $0.requests += 1 }
            var known = state.withLock { $0.lists[list] }
            if known == nil { known = try await ReferrerFinder.fallback(of: list.subject, target, repository) }
            guard let merged = try ReferrerIndex.merging(content, into: known, under: tag, at: place) else {
                return known ?? content
            }
            count(place.store) { $0.requests += 2 }
            state.withLock { $0.lists[list] = merged }
            return merged
        }
    }

    /// A manifest of a source, as the survey read it; what refers to an image it did not read.
    private func manifest(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestContent {
        if sources.knows(selector, of: store) { return try sources.manifest(selector, in: repository, of: store) }
        return try await asking(.source) { () async throws(ContentFailure) in
            try await stores.source(store).manifest(selector, in: repository)
        }
    }

    private func write(to store: StoreID) -> CopyAnswer {
        count(store) { $0.requests += 1 }
        return .stored()
    }

    private func count(_ store: StoreID, _ change: (inout DryRun.Cost) -> Void) {
        // A registry is asked first how it is reached.
        let first = DryRun.Cost(requests: remote.contains(store) ? 1 : 0)
        state.withLock { change(&$0.result.costs[store, default: first]) }
    }

    /// As the run asks.
    private func probe(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestSummary? {
        count(store) { $0.requests += 1 }
        guard settings.needsCertainty(of: selector) else {
            return try await summary(of: selector, in: repository, of: store)
        }
        let target = stores.target(store)
        let found = try await asking(.target) { () async throws(ContentFailure) in
            try await target.certainSummary(of: selector, in: repository)
        }
        if found == nil, target.confirmsAbsence { count(store) { $0.requests += 1 } }
        return found
    }

    private func summary(
        of selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestSummary? {
        try await asking(.target) { () async throws(ContentFailure) in
            try await stores.target(store).summary(of: selector, in: repository)
        }
    }

    // MARK: - Blobs

    private func upload(_ upload: BlobUpload) async throws(TransferFailure) -> CopyAnswer {
        let (place, size) = (upload.place, upload.descriptor.size)
        // A session comes from a mount that fell through: then only HEAD still asks.
        if upload.session == nil || upload.question == .head {
            count(place.store) { $0.requests += 1 }
            if try await has(upload.descriptor, at: place) {
                count(place.store) { cost in
                    cost.bytesPresent.add(saturating: size)
                    // It is ended.
                    if upload.session != nil { cost.requests += 1 }
                }
                return .present
            }
        }
        if upload.question == .head, upload.session == nil { count(place.store) { $0.requests += 1 } }
        let requests = requests(for: upload.descriptor, at: place)
        if let origin = upload.origin, upload.session == nil, await mountsHere(upload.descriptor, place, origin) {
            unmounted(place.store) { $0.add(size: size, requests: requests, from: upload.source.store) }
            return .mounted
        }
        count(upload.source.store) { cost in
            if upload.descriptor.inlineContent == nil { cost.requests += 1 }
            cost.bytesRead.add(saturating: size)
        }
        count(place.store) { cost in
            cost.requests += requests
            cost.bytesWritten.add(saturating: size)
        }
        // Where the question is no mount, it is a HEAD before it.
        if upload.question == .mount { unmounted(place.store) { $0.requests += 1 } }
        state.withLock { _ = $0.placed.insert(place) }
        return .sent(mountRefused: false, resumedAt: nil)
    }

    /// After the session is open.
    private func requests(for descriptor: Descriptor, at place: BlobPlace) -> Int {
        let session = UploadSession(location: "", repository: place.repository)
        let habits = stores.target(place.store).uploadHabits(for: place.repository)
        return switch PiecePlan(size: descriptor.size, session, habits, settings.pieces) {
        case .whole: 1
        case .pieces(let size): Int((descriptor.size - 1) / size) + 2
        }
    }

    private func mount(
        _ descriptor: Descriptor, to place: BlobPlace, from origin: Repository, for item: ItemID
    ) async -> CopyAnswer {
        count(place.store) { $0.requests += 1 }
        guard await mountsHere(descriptor, place, origin) else {
            return .session(UploadSession(location: "", repository: place.repository), mountRefused: false)
        }
        let requests = requests(for: descriptor, at: place)
        unmounted(place.store) { [items] more in
            more.add(size: descriptor.size, requests: 1 + requests, from: items[item].source.store)
        }
        return .mounted
    }

    /// Whether a mount would do; then it counts as done.
    private func mountsHere(_ descriptor: Descriptor, _ place: BlobPlace, _ origin: Repository) async -> Bool {
        let source = BlobPlace(store: place.store, repository: origin, digest: place.digest)
        // Once the blob is found, it shows whether the store mounts.
        guard isKnownToMount(place.store) != false, (try? await has(descriptor, at: source)) == true,
            await mounts(place.store)
        else { return false }
        count(place.store) { $0.bytesMounted.add(saturating: descriptor.size) }
        state.withLock { _ = $0.placed.insert(place) }
        return true
    }

    private func has(_ descriptor: Descriptor, at place: BlobPlace) async throws(TransferFailure) -> Bool {
        if state.withLock({ $0.placed.contains(place) }) { return true }
        let isThere: Bool
        do throws(ContentFailure) {
            isThere = try await stores.target(place.store).hasBlob(descriptor, in: place.repository)
        } catch {
            guard error.saysNothingOfContent else { throw TransferFailure(error, side: .target) }
            isThere = false
        }
        if isThere { state.withLock { $0.found[place.store] = (place, descriptor) } }
        return isThere
    }

    // MARK: - Mounts

    private func isKnownToMount(_ store: StoreID) -> Bool? {
        stores.target(store).mountsBlobs ? true : state.withLock { $0.mounts[store] }
    }

    /// Whether a store mounts: it is asked to mount what it had before from the repository into itself, which changes nothing. One
    /// that had nothing is taken for one that does.
    private func mounts(_ store: StoreID) async -> Bool { await answer(ofMountingAt: store) ?? true }

    /// The run's own question, which leaves a session at one that does not.
    private func proveMounts(at store: StoreID) async -> Bool {
        let answer = await answer(ofMountingAt: store)
        count(store) { $0.requests += answer == false ? 2 : 1 }
        if answer == nil { unmounted(store) { $0.requests += 1 } }
        return answer ?? true
    }

    private func answer(ofMountingAt store: StoreID) async -> Bool? {
        if let known = isKnownToMount(store) { return known }
        guard let (place, descriptor) = state.withLock({ $0.found[store] }) else { return nil }
        let answer = await proof(place, descriptor)
        state.withLock { $0.mounts[store] = answer }
        return answer
    }

    private func unmounted(_ store: StoreID, _ change: (inout UnmountedCost) -> Void) {
        state.withLock { change(&$0.unmounted[store, default: UnmountedCost()]) }
    }

    private func proof(_ place: BlobPlace, _ descriptor: Descriptor) async -> Bool? {
        let target = stores.target(place.store)
        switch try? await target.admit(descriptor, to: place.repository, from: place.repository) {
        case .present: return true
        case .session(let session, _):
            await target.cancel(session)
            return false
        case nil: return nil
        }
    }
}
