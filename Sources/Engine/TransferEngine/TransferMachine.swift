// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// Decides everything a run does, without doing any of it.
///
/// Events in: `next` (a worker is free), `finish` (an answer, or a failure). Actions out: requests to send, events to tell.
/// Time comes in as a parameter, randomness from a seed, so that every scenario can be played in a test.
///
/// An item goes through: probing its target, resolving its source tag (each only if needed), fetching the root manifest,
/// then waiting for the root's place. A place of a manifest waits for its blobs and child manifests, is stored, and
/// tells its parents and items. A blob is sent to one repository of a target store at a time; the others wait and mount.
package struct TransferMachine: Plan {
    let settings: TransferSettings
    var states: ItemStates
    var admission: ItemAdmission
    var sourceTags: SourceTags
    var manifests: ManifestCache
    var nodes: [ManifestPlace: ManifestNode] = [:]
    var settled = SettledManifests()
    /// Blobs that repositories still need.
    var blobs: [TargetBlob: SharedBlob] = [:]
    var placedBlobs = PlacedBlobs()
    var mounting: [StoreID: MountTrust] = [:]
    /// Items go to more than one store.
    let fansOut: Bool
    var fanOut: [Digest: FannedBlob] = [:]
    /// Where this run has sent a blob first, for the other stores that need it.
    var copies = DigestPlaces()
    var absence: [StoreID: AbsenceGuess] = [:]
    /// Target repositories that were asked whether they take blobs.
    var writeProofs: [TargetRepository: WriteProof] = [:]
    /// Sessions that those opened to say so, until a blob takes them.
    var spareSessions: [TargetRepository: SpareSession] = [:]
    /// Repositories that an earlier run saw blobs in: good for one question each.
    var hints: PlacedBlobs

    /// Of indexes that are made, the digests that are known beforehand.
    let madeDigests: [IndexChoice: Digest]

    var requests: RequestMachine<CopyRequest>
    /// Manifests of which everything that they need has been asked for.
    var manifestsRead = 0
    private var stops: [StoreID: WriteStop] = [:]
    var events: [TransferEvent] = []
    var admits = true
    /// The time of the event being handled.
    var now: Duration = .zero

    /// - Parameters:
    ///   - hints: where an earlier run saw blobs.
    ///   - mounts: stores of which it is known whether they mount.
    ///   - madeDigests: of the indexes that are made of sources' indexes, where their bytes are not those of the sources.
    package init(
        items: some RandomAccessCollection<TransferItem> & Sendable, settings: TransferSettings,
        hints: PlacedBlobs = PlacedBlobs(),
        mounts: [StoreID: Bool] = [:], madeDigests: [IndexChoice: Digest] = [:]
    ) {
        self.madeDigests = madeDigests
        self.hints = hints
        mounting = mounts.mapValues { MountTrust(mounts: $0) }
        self.settings = settings
        states = ItemStates(DerivedList(items))
        manifests = ManifestCache(limit: settings.manifestCacheBytes)
        requests = RequestMachine(settings: settings.requests)
        var admission = ItemAdmission(window: settings.jobs)
        var tags: [Int] = []
        for (number, item) in items.enumerated() {
            admission.append(item, as: number)
            if item.source.digest == nil { tags.append(item.source.sourceTag.hashValue) }
        }
        sourceTags = SourceTags(hashes: tags)
        fansOut = admission.fansOut
        self.admission = admission
    }

    /// How far the run is at the moment.
    package var state: PlanState {
        var state = requests.state
        state.manifestsRead = manifestsRead
        state.manifestsUnread = nodes.values.count(where: \.isUnread)
        return state
    }

    /// Every item has ended, or the run was stopped and nothing is running.
    package var isDone: Bool { states.endedCount == states.count || (requests.isStopping && requests.isIdle) }

    /// The next request to send now; nil while everything waits for something running, or for `nextDeadline`.
    package mutating func next(now: Duration) -> Queued<CopyRequest>? {
        self.now = now
        guard !requests.isStopping else { return nil }
        while true {
            if admits { admitItems() }
            guard var queued = requests.take(now: now) else { return nil }
            guard isStillWanted(queued) else { continue }
            if case .upload(let upload) = queued.request {
                guard let readied = readied(upload, queued) else { continue }
                queued.request = .upload(readied)
                note(upload.place, isMoving: true)
            }
            requests.begin(queued, now: now)
            return queued
        }
    }

    /// Where pulls are counted, each one that can be saved is worth a question.
    func countsPulls(_ store: StoreID) -> Bool { requests.countsPulls(store) }

    /// Takes note of the pulls that a source has left.
    mutating func note(_ allowance: PullAllowance, of store: StoreID) { requests.note(allowance, of: store) }

    /// When `next` may have something although nothing finished: a retry is due or a lane opens.
    package var nextDeadline: Duration? {
        states.endedCount < states.count ? requests.nextDeadline : nil
    }

    /// Takes the answer to a request that `next` handed out.
    package mutating func finish(_ queued: Queued<CopyRequest>, _ answer: CopyAnswer, now: Duration) {
        self.now = now
        if case .upload(let upload) = queued.request { note(upload.place, isMoving: false) }
        if case .failed(let failure) = answer {
            let isWanted = isWantedAfterFailure(queued)
            heed(requests.failed(queued, failure, isWanted: isWanted, now: now), of: queued)
        } else {
            requests.succeeded(queued, now: now)
            if let (store, _) = queued.request.written, answer.isStored { stops[store]?.noteSuccess() }
            take(answer, to: queued)
        }
    }

    /// Hands out nothing any more. What runs may finish; the rest stays undone.
    package mutating func stop() { requests.stop() }

    /// At the end of a run: sessions that targets opened for requests which nobody will send any more.
    var openSessions: [(store: StoreID, session: UploadSession)] {
        let spare = spareSessions.map { (store: $0.store, session: $1.session) }
        return spare
            + requests.waiting.compactMap { request in
                switch request {
                case .cancelSession(let store, let session): (store, session)
                case .upload(let upload): upload.session.map { (upload.place.store, $0) }
                default: nil
                }
            }
    }

    /// The events since the last call.
    package mutating func takeEvents() -> [TransferEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    // MARK: - Requests

    mutating func enqueue(_ request: CopyRequest, for item: ItemID) { requests.append(request, for: item) }

    /// Whether the store is left alone until its lane opens.
    func rests(_ store: StoreID) -> Bool { requests.rests(store, now: now) }

    /// Once the source's answer has decided, the target is not asked again.
    private func isWantedAfterFailure(_ queued: Queued<CopyRequest>) -> Bool {
        if case .probeTarget = queued.request { !states.hasEnded(queued.item) } else { true }
    }

    private mutating func heed(_ verdict: RequestMachine<CopyRequest>.Verdict, of queued: Queued<CopyRequest>) {
        switch verdict {
        case .dropped: break
        case .failed(let failure): fail(queued, failure)
        case .again(let again, let delay, let failure, let rest):
            if let rest { heed(rest) }
            states[again.item].attempts = max(states[again.item].attempts, again.attempt)
            events.append(.retrying(failure, after: delay, item: again.item))
            guard case .upload(let upload) = again.request else { return }
            if rest != nil { sendPastRestingSource(of: upload.place.blob) }
        }
    }

    private mutating func heed(_ rest: RequestMachine<CopyRequest>.Rest) {
        if let pause = rest.pause { events.append(.paused(rest.store, for: pause, because: rest.reason)) }
        guard rest.isNew else { return }
        endWaiting(for: rest.store)
        sendPastRestingSources()
    }

    private mutating func take(_ answer: CopyAnswer, to queued: Queued<CopyRequest>) {
        switch (queued.request, answer) {
        case (.probeTarget(let store, _, _), .summary(let summary)):
            absence[store, default: AbsenceGuess()].answered(found: summary != nil)
            states[queued.item].wasProbed = true
            targetProbed(queued.item, summary?.digest)
        case (.lookAtTarget, .summary(let summary)):
            states[queued.item].seen = summary?.digest
            targetProbed(queued.item, nil)
        case (.resolveTag(let tag), .summary(let summary)): tagResolved(tag, summary, for: queued.item)
        case (.fetchManifest(let store, let repository, let selector), .manifest(let content)):
            manifestFetched(content, from: SourcePlace(store: store, repository: repository), selector)
        case (.listReferrers(let place, let source), .referrers(let list)): referrersListed(place, list, from: source)
        case (.mount(let place, _, let origin), _): mountAnswered(place, from: origin, answer)
        case (.proveWritable(let place), .session(let session, _)): writeProven(place, leaving: session)
        case (.proveWritable(let place), _): writeProven(place)
        case (.proveMounts(let place, _), .mounts(let mounts)): mountsProven(place.store, mounts)
        case (.findManifest(let place), .summary(let summary)): manifestFound(place, isThere: summary != nil)
        case (.proveManifest(let place), .summary(let summary)): manifestProven(place, isThere: summary != nil)
        case (.upload(let upload), _): uploadFinished(upload, answer)
        case (.storeManifest(let place, _, let selector, _), .stored(let tags)):
            manifestStored(place, selector, also: tags)
        case (.mergeReferrers(let place, _, _), .merged(let list)): listMerged(place, list)
        case (.cancelSession, _): break
        default: preconditionFailure("an answer to another kind of request")
        }
    }

    /// Why nothing may be written to a store any more; nil as long as it may.
    func writeStop(of store: StoreID) -> TransferFailure? { stops[store]?.failure }

    private mutating func fail(_ queued: Queued<CopyRequest>, _ failure: TransferFailure) {
        // A manifest may be refused with 500 for what it says: distribution does so for foreign layers.
        if let (store, content) = queued.request.written,
            failure.cause.status != 500 || queued.request.priority == .move
        {
            stops[store, default: WriteStop()].note(failure, of: content)
        }
        switch queued.request {
        case .probeTarget, .lookAtTarget: probeFailed(queued.item, failure)
        case .resolveTag(let tag): tagFailed(tag, failure)
        case .fetchManifest(let store, let repository, .tag(let tag)):
            tagUnread(SourceTag(store: store, repository: repository, tag: tag), failure)
        case .fetchManifest(let store, let repository, .digest(let digest)):
            if failure.cause.kind == .notFound, askTagAgain(digest, SourcePlace(store: store, repository: repository)) {
                return
            }
            manifestFailed(digest, from: SourcePlace(store: store, repository: repository), failure)
        case .listReferrers(let place, _): referrersUnknown(place, failure)
        case .mount(let place, _, let origin): mountFailed(place, from: origin, failure)
        case .proveWritable(let place): writeRefused(place, failure)
        case .proveMounts(let place, _): proofFailed(place.store)
        // What it has is only not known: it is sent everything.
        case .findManifest(let place): manifestFound(place, isThere: false)
        case .proveManifest(let place): fail(place, failure)
        case .upload(let upload): uploadFailed(upload, failure)
        case .storeManifest(let place, _, let selector, _): storingFailed(place, selector, failure)
        case .mergeReferrers(let place, _, _): storingFailed(place, .digest(place.digest), failure)
        case .cancelSession: break
        }
    }

    /// What only images need that failed meanwhile is neither read nor written.
    private mutating func isStillWanted(_ queued: Queued<CopyRequest>) -> Bool {
        if let (store, _) = queued.request.written, let failure = writeStop(of: store) {
            if case .upload(let upload) = queued.request, let session = upload.session {
                enqueue(.cancelSession(store, session), for: queued.item)
            }
            fail(queued, failure)
            return false
        }
        switch queued.request {
        case .probeTarget, .lookAtTarget: return !states.hasEnded(queued.item)
        case .fetchManifest(let store, let repository, let selector):
            if !isStillAwaited(selector, in: repository, of: store) { return false }
            // One answer is enough to know that there is nothing to be had from this source any more.
            guard let failure = requests.hopelessness(of: queued) else { return true }
            fail(queued, failure)
            return false
        case .listReferrers(let place, _), .findManifest(let place), .proveManifest(let place),
            .storeManifest(let place, _, _, _),
            .mergeReferrers(let place, _, _):
            return nodes[place] != nil
        case .mount(let place, _, _): return keepIfWanted(place)
        case .upload(let upload):
            if keepIfWanted(upload.place), !givesWay(upload.place) { return true }
            if let session = upload.session { enqueue(.cancelSession(upload.place.store, session), for: queued.item) }
            return false
        default: return true
        }
    }
}
