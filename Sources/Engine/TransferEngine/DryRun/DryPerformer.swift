// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
import Waiting

/// Reads what a run would read, and counts what the run would write.
final class DryPerformer: Performer {
    let items: [TransferItem]
    /// The content of the sources, if a survey has read it.
    let survey: SurveyedSources?
    let settings: TransferSettings
    let stores: RunStores
    let clock: any TransferClock
    private let finder: ReferrerFinder
    private let merges = Turns<ReferrerListPlace>()
    let ledger: Mutex<DryLedger>

    init(
        items: [TransferItem], survey: SurveyedSources?, settings: TransferSettings, mounts: [StoreID: Bool],
        stores: RunStores, clock: any TransferClock
    ) {
        finder = ReferrerFinder(
            artifactTypes: settings.referrers.artifactTypes, sendsAll: settings.existing == .ignored)
        self.items = items
        self.survey = survey
        self.settings = settings
        self.stores = stores
        self.clock = clock
        ledger = Mutex(DryLedger(items: items, stores: stores, mounts: mounts))
    }

    var result: DryRun.Result { ledger.withLock(\.result) }

    /// The survey has already reported the allowance.
    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance? {
        survey == nil ? stores.readable(store, on: side).pullAllowance() : nil
    }

    func perform(_ queued: Queued<CopyRequest>) async -> CopyAnswer {
        do throws(TransferFailure) { return try await carryOut(queued) } catch { return .failed(error) }
    }

    private func carryOut(_ queued: Queued<CopyRequest>) async throws(TransferFailure) -> CopyAnswer {
        switch queued.request {
        case .probeTarget(let store, let repository, let selector):
            return .summary(try await probe(selector, in: repository, of: store))
        case .lookAtTarget(let store, let repository, let selector):
            return .summary(try await summary(of: selector, in: repository, of: store))
        case .findManifest(let place):
            count(place.store) { $0.requests += 1 }
            return .summary(try await summary(of: .digest(place.digest), in: place.repository, of: place.store))
        case .resolveTag(let tag):
            countFirstTry(queued, at: tag.store)
            return .summary(try await summary(of: tag))
        case .fetchManifest(let store, let repository, let selector):
            countFirstTry(queued, at: store)
            return .manifest(try await manifest(selector, in: repository, of: store, policy: queued.policy))
        case .mount(let place, let descriptor, let origin, let asksFirst):
            return try await mount(descriptor, to: place, from: origin, for: queued.item, asksFirst: asksFirst)
        case .proveMounts(let place, _): return .mounts(try await proveMounts(at: place.store))
        case .proveManifest: preconditionFailure("a plan trusts what is there")
        case .readIndex(let place):
            countFirstTry(queued, at: place.store)
            return .manifest(try await stores.index(at: place))
        case .findBlob(let upload):
            let isThere = try await has(upload.descriptor, at: upload.place)
            countQuestion(whetherThereIs: upload.descriptor, at: upload.place, isThere: isThere)
            return isThere ? .present : .absent
        case .fetchBlob: return .blob(FetchedBlob())
        case .upload(let upload), .storeBlob(let upload, _): return try await self.upload(upload)
        case .storeManifest(let place, _, _, let tags): return storeManifest(to: place.store, also: tags)
        case .cancelSession(let store, _): return write(to: store)
        case .proveWritable(let place):
            // The run would open a session here and keep it for the first blob.
            _ = write(to: place.store)
            return .session(UploadSession(location: "", repository: place.repository), mountRefused: false)
        case .listReferrers(let place, let source): return .referrers(try await referrers(of: place, at: source))
        case .mergeReferrers(let place, let content, let subject):
            return .merged(try await merge(content, referringTo: subject, at: place))
        }
    }

    private func countFirstTry(_ queued: Queued<CopyRequest>, at source: StoreID) {
        guard queued.attempt == 1 else { return }
        count(source) { cost in
            cost.requests += 1
            if queued.request.isPull { cost.pulls += 1 }
        }
    }

    /// Asks both sides as the run would, even if there is a survey, because a survey does not read referrers.
    private func referrers(of place: ManifestPlace, at source: RepositoryPlace) async throws(TransferFailure)
        -> ReferrerList
    {
        let list = try await finder.referrers(of: place, at: source, in: stores)
        count(source.store) { cost in
            cost.requests += list.requests.source + list.tagged.count
            cost.pulls += list.tagged.count
        }
        count(place.store) { $0.requests += list.requests.target }
        return list
    }

    /// The target's list as it would be after the run. A run reads the list and, if entries are missing, writes it and
    /// reads it again.
    private func merge(
        _ content: ManifestContent, referringTo subject: Digest, at place: ManifestPlace
    ) async throws(TransferFailure) -> ManifestContent {
        let list = ReferrerListPlace(of: subject, at: place)
        return try await merges.alone(list) { () async throws(TransferFailure) in
            try await mergeAlone(content, into: list, at: place)
        }
    }

    private func mergeAlone(
        _ content: ManifestContent, into list: ReferrerListPlace, at place: ManifestPlace
    ) async throws(TransferFailure) -> ManifestContent {
        let (target, repository) = (stores.target(place.store), place.repository)
        return try await asking(.target) { () async throws(ContentFailure) in
            var merge = ReferrerMerge(content, referringTo: list.subject, at: place)
            while true {
                switch merge.step {
                case .askTarget:
                    if target.asksForReferrers(in: repository) { count(place.store) { $0.requests += 1 } }
                    let own = try await target.readableReferrers(of: list.subject, in: repository)
                    // Nothing was pushed, so the target cannot have left anything out.
                    merge.targetListed(own, mayLackEntries: false)
                case .readTag:
                    count(place.store) { $0.requests += 1 }
                    var known = ledger.withLock { $0.lists[list] }
                    if known == nil {
                        known = try await ReferrerFinder.fallback(of: list.subject, at: target, in: repository)
                    }
                    try merge.tagRead(known)
                case .put(let merged, _):
                    count(place.store) { $0.requests += 1 }
                    ledger.withLock { $0.lists[list] = merged }
                    try merge.written()
                case .done(let merged): return merged.list
                }
            }
        }
    }

    /// Assumes that the target sets one tag per request, as most do. A run tries once whether it sets several.
    private func storeManifest(to store: StoreID, also tags: [Tag]) -> CopyAnswer {
        if !tags.isEmpty, stores.target(store).triesTagsTogether,
            ledger.withLock({ $0.triedTags.insert(store).inserted })
        {
            _ = write(to: store)
        }
        return write(to: store)
    }

    private func write(to store: StoreID) -> CopyAnswer {
        count(store) { $0.requests += 1 }
        return .stored()
    }

    func count(_ store: StoreID, _ change: (inout DryRun.Cost) -> Void) {
        ledger.withLock { $0.count(store, change) }
    }

    /// Asks the target as the run would.
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
}
