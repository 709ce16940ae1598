// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI

/// Decides everything that a run does, without doing any of it.
///
/// Its inputs are `next` (a worker is free) and `finish` (an answer or a failure). Its outputs are requests to send and events to tell.
/// Time is a parameter, and randomness comes from a seed, so that a test can play every scenario.
///
/// For each item, it probes the target and resolves the source's tag (each only if needed), fetches the root manifest, and
/// then waits until the root is stored. A manifest waits for its blobs and child manifests, is stored, and notifies its
/// parents and items. A blob is sent to one repository of a target store at a time; the other repositories wait and mount
/// it.
package struct TransferMachine: Plan {
    let settings: TransferSettings
    var states: ItemStates
    var admission: ItemAdmission
    var sourceTags: SourceTags
    var manifests: ManifestCache
    var nodes = ManifestNodes()
    var settled = SettledManifests()
    /// Blobs that repositories need and do not have yet.
    var blobs: [TargetBlob: SharedBlob] = [:]
    var placedBlobs = PlacedBlobs()
    var mounting: [StoreID: MountTrust] = [:]
    /// The items go to more than one target store.
    let fansOut: Bool
    var fanOut: [Digest: FannedBlob] = [:]
    /// For each blob, the place that this run has sent it to first, for the other stores that need it.
    var copies = DigestPlaces()
    var absence: [StoreID: AbsenceGuess] = [:]
    /// How small blobs get to each target.
    var relays: [StoreID: BlobRelays] = [:]
    /// What target repositories answered when they were asked whether they accept blobs.
    var writeProofs: [RepositoryPlace: WriteProof] = [:]
    /// Sessions that target repositories opened as the proof, until a blob uses them.
    var spareSessions: [RepositoryPlace: SpareSession] = [:]
    /// Repositories that an earlier run saw blobs in. Each is asked once.
    var hints: PlacedBlobs

    /// What choices of platforms gave in earlier runs.
    let knownChoices: [IndexChoice: Digest]
    /// The digests of made indexes that are known beforehand.
    let madeDigests: [IndexChoice: Digest]

    var requests: RequestMachine<CopyRequest>
    /// Manifests whose content has all been requested.
    var manifestsRead = 0
    var stops: [StoreID: WriteStop] = [:]
    var events: [TransferEvent] = []
    var admits = true
    /// The time of the event being handled.
    var now: Duration = .zero

    /// - Parameters:
    ///   - earlier: what earlier runs found out.
    ///   - madeDigests: the digests of indexes that are made of the sources' indexes, if the run uses substitutes for
    ///     these.
    package init(
        items: some RandomAccessCollection<TransferItem> & Sendable, settings: TransferSettings,
        earlier: EarlierRuns = EarlierRuns(), madeDigests: [IndexChoice: Digest] = [:]
    ) {
        self.madeDigests = madeDigests
        hints = earlier.holders
        mounting = earlier.mounts.mapValues { MountTrust(mounts: $0) }
        knownChoices = earlier.choices
        self.settings = settings
        states = ItemStates(DerivedList(items))
        manifests = ManifestCache(limit: settings.manifestCacheBytes)
        requests = RequestMachine(settings: settings.requests)
        var admission = ItemAdmission(window: settings.jobs)
        var tags: [Int] = []
        tags.reserveCapacity(items.count)
        for (number, item) in items.enumerated() {
            admission.append(item, as: number)
            if item.source.digest == nil { tags.append(item.source.sourceTag.hashValue) }
        }
        sourceTags = SourceTags(hashes: tags)
        fansOut = admission.fansOut
        self.admission = admission
    }

    /// The progress of the run.
    package var state: PlanState {
        var state = requests.state
        state.manifestsRead = manifestsRead
        state.manifestsUnread = nodes.unreadCount
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
            guard var queued = requests.take(now: now) else {
                guard failForgottenItems() else { return nil }
                continue
            }
            guard isStillWanted(queued) else {
                drop(queued)
                continue
            }
            guard let request = prepared(queued) else { continue }
            queued.request = request
            noteBegin(request)
            requests.begin(queued, now: now)
            return queued
        }
    }

    /// Whether the source counts pulls. Then an additional request is worthwhile if it saves a pull.
    func countsPulls(_ store: StoreID) -> Bool { requests.countsPulls(store) }

    /// Takes note of the pulls that a source has left.
    mutating func note(_ allowance: PullAllowance, of store: StoreID) { requests.note(allowance, of: store) }

    /// When `next` may return a request although no request has finished: a retry is due, or a lane opens.
    package var nextDeadline: Duration? {
        states.endedCount < states.count ? requests.nextDeadline : nil
    }

    /// Takes the answer to a request that `next` handed out.
    package mutating func finish(_ queued: Queued<CopyRequest>, _ answer: CopyAnswer, now: Duration) {
        self.now = now
        noteEnd(queued.request, answer)
        if case .failed(let failure) = answer {
            let isWanted = isWantedAfterFailure(queued)
            apply(requests.failed(queued, failure, isWanted: isWanted, now: now), of: queued)
        } else {
            requests.succeeded(queued, now: now)
            if let (store, _) = queued.request.written, answer.isStored { stops[store]?.noteSuccess() }
            take(answer, to: queued)
        }
    }

    /// Hands out no further request. Running requests may finish; the others are not sent.
    package mutating func stop() { requests.stop() }

    /// Sessions that targets opened for requests which will not be sent, at the end of a run.
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
}
