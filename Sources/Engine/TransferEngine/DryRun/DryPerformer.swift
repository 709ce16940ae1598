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
    }

    private let sources: SurveyedSources
    private let settings: TransferSettings
    private let stores: @Sendable (StoreID, TransferSide) -> any ContentTarget
    private let finder: ReferrerFinder
    private let state = Mutex(State())

    init(
        sources: SurveyedSources, settings: TransferSettings,
        stores: @escaping @Sendable (StoreID, TransferSide) -> any ContentTarget
    ) {
        finder = ReferrerFinder(artifactTypes: settings.referrers.artifactTypes)
        self.sources = sources
        self.settings = settings
        self.stores = stores
    }

    var result: DryRun.Result { state.withLock { $0.result } }

    func allowance(of source: StoreID) -> PullAllowance? { nil }

    func perform(_ queued: Queued<CopyRequest>) async -> CopyAnswer {
        do throws(TransferFailure) { return try await carryOut(queued.request) } catch { return .failed(error) }
    }

    private func carryOut(_ request: CopyRequest) async throws(TransferFailure) -> CopyAnswer {
        switch request {
        case .probeTarget(let store, let repository, let selector):
            return .summary(try await probe(selector, in: repository, of: store))
        case .findManifest(let place):
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
        case .mount(let place, let descriptor, let origin): return await mount(descriptor, to: place, from: origin)
        case .proveMounts(let place, _): return .mounts(await mounts(place.store, counting: true))
        case .proveManifest: preconditionFailure("a plan trusts what is there")
        case .upload(let upload): return try await self.upload(upload)
        case .storeManifest(let place, _, _, _): return write(to: place.store)
        case .cancelSession(let store, _): return write(to: store)
        case .proveWritable(let place):
            // A session is opened, and left for the first blob.
            _ = write(to: place.store)
            return .session(UploadSession(location: "", repository: place.repository), mountRefused: false)
        case .listReferrers(let place, let source): return .referrers(try await referrers(of: place, at: source))
        case .mergeReferrers(let place, let list, _):
            // The target's list is read, written and read again.
            count(place.store) { $0.requests += 3 }
            return .merged(list)
        }
    }

    /// Asks both sides as the run would: nothing else knows what refers to a manifest.
    private func referrers(of place: ManifestPlace, at source: SourcePlace) async throws(TransferFailure)
        -> ReferrerList
    {
        let list = try await finder.referrers(
            of: place.digest, at: source, stores(source.store, .source), for: stores(place.store, .target),
            in: place.repository)
        count(source.store) { cost in
            cost.requests += list.requests.source + list.tagged.count
            cost.pulls += list.tagged.count
        }
        count(place.store) { $0.requests += list.requests.target }
        return list
    }

    /// A manifest of a source, as the survey read it; what refers to an image it did not read.
    private func manifest(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestContent {
        if sources.knows(selector, of: store) { return try sources.manifest(selector, in: repository, of: store) }
        return try await asking(.source) { () async throws(ContentFailure) in
            try await stores(store, .source).manifest(selector, in: repository)
        }
    }

    private func write(to store: StoreID) -> CopyAnswer {
        count(store) { $0.requests += 1 }
        return .stored()
    }

    private func count(_ store: StoreID, _ change: (inout DryRun.Cost) -> Void) {
        // A registry is asked first how it is reached.
        let isRemote = !stores(store, .target).mountsBlobs
        state.withLock { change(&$0.result.costs[store, default: DryRun.Cost(requests: isRemote ? 1 : 0)]) }
    }

    /// As the run asks.
    private func probe(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestSummary? {
        guard settings.needsCertainty(of: selector) else {
            return try await summary(of: selector, in: repository, of: store)
        }
        let target = stores(store, .target)
        count(store) { $0.requests += 1 }
        let found = try await asking(.target) { () async throws(ContentFailure) in
            try await target.certainSummary(of: selector, in: repository)
        }
        if found == nil, target.confirmsAbsence { count(store) { $0.requests += 1 } }
        return found
    }

    private func summary(
        of selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestSummary? {
        count(store) { $0.requests += 1 }
        return try await asking(.target) { () async throws(ContentFailure) in
            try await stores(store, .target).summary(of: selector, in: repository)
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
        if let origin = upload.origin, upload.session == nil, await mountsHere(upload.descriptor, place, origin) {
            return .mounted
        }
        count(upload.source.store) { cost in
            if upload.descriptor.inlineContent == nil { cost.requests += 1 }
            cost.bytesRead.add(saturating: size)
        }
        let requests = requests(for: upload)
        count(place.store) { cost in
            cost.requests += requests
            cost.bytesWritten.add(saturating: size)
            cost.blobsSent += 1
        }
        state.withLock { _ = $0.placed.insert(place) }
        return .sent(mountRefused: false, resumedAt: nil)
    }

    /// After the session is open.
    private func requests(for upload: BlobUpload) -> Int {
        let session = UploadSession(location: "", repository: upload.place.repository)
        let habits = stores(upload.place.store, .target).uploadHabits(for: upload.place.repository)
        return switch PiecePlan(size: upload.descriptor.size, session, habits, settings.pieces) {
        case .whole: 1
        case .pieces(let size): Int((upload.descriptor.size - 1) / size) + 2
        }
    }

    private func mount(_ descriptor: Descriptor, to place: BlobPlace, from origin: Repository) async -> CopyAnswer {
        count(place.store) { $0.requests += 1 }
        guard await mountsHere(descriptor, place, origin) else {
            return .session(UploadSession(location: "", repository: place.repository), mountRefused: false)
        }
        return .mounted
    }

    /// Whether a mount would do; then it counts as done.
    private func mountsHere(_ descriptor: Descriptor, _ place: BlobPlace, _ origin: Repository) async -> Bool {
        let source = BlobPlace(store: place.store, repository: origin, digest: place.digest)
        guard await mounts(place.store, counting: false), (try? await has(descriptor, at: source)) == true else {
            return false
        }
        count(place.store) { $0.bytesMounted.add(saturating: descriptor.size) }
        state.withLock { _ = $0.placed.insert(place) }
        return true
    }

    private func has(_ descriptor: Descriptor, at place: BlobPlace) async throws(TransferFailure) -> Bool {
        if state.withLock({ $0.placed.contains(place) }) { return true }
        let isThere: Bool
        do throws(ContentFailure) {
            isThere = try await stores(place.store, .target).hasBlob(descriptor, in: place.repository)
        } catch {
            guard error.saysNothingOfContent else { throw TransferFailure(error, side: .target) }
            isThere = false
        }
        if isThere { state.withLock { $0.found[place.store] = (place, descriptor) } }
        return isThere
    }

    // MARK: - Mounts

    /// Whether a store mounts: it is asked to mount what it had before from the repository into itself, which changes nothing. One
    /// that had nothing is taken for one that does.
    private func mounts(_ store: StoreID, counting: Bool) async -> Bool {
        let known = state.withLock { ($0.mounts[store], $0.found[store]) }
        var answer = known.0
        if answer == nil, stores(store, .target).mountsBlobs { answer = true }
        if answer == nil, let (place, descriptor) = known.1 {
            answer = await proof(place, descriptor)
            state.withLock { $0.mounts[store] = answer }
        }
        count(store) { if counting { $0.requests += answer == false ? 2 : 1 } }
        state.withLock { state in
            if answer == nil {
                state.result.unprovenTargets.insert(store)
            } else {
                state.result.unprovenTargets.remove(store)
            }
        }
        return answer ?? true
    }

    private func proof(_ place: BlobPlace, _ descriptor: Descriptor) async -> Bool? {
        let target = stores(place.store, .target)
        switch try? await target.admit(descriptor, to: place.repository, from: place.repository) {
        case .present: return true
        case .session(let session, _):
            await target.cancel(session)
            return false
        case nil: return nil
        }
    }
}
