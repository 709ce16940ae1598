import Content
package import OCI

/// Decides everything a run does, without doing any of it.
///
/// Events in: `next` (a worker is free), `finish` (a work ended, how). Actions out: the work to do, events to tell.
/// Time comes in as a parameter, randomness from a seed, so that every scenario can be played in a test.
///
/// An item goes through: probing its target, resolving its source tag (each only if needed), fetching the root manifest,
/// then waiting for the root's place. A place of a manifest waits for its blobs and child manifests, is stored, and
/// tells its parents and items. A blob is sent to one repository of a target store at a time; the others wait and mount.
package struct TransferMachine: Sendable {
    let settings: TransferSettings
    let items: [TransferItem]
    var states: [ItemState]
    var admission: ItemAdmission
    var finishedItems = 0

    var sourceTags: [SourceTag: SourceTagState] = [:]
    var manifests: ManifestCache
    var nodes: [ManifestPlace: ManifestNode] = [:]
    /// Manifests that are at their place and that nobody waits for: of thousands of images, no more than this is kept.
    /// With the repository whose referrers went along.
    var settled: [ManifestPlace: SourcePlace] = [:]
    var blobs: [TargetBlob: SharedBlob] = [:]
    var mounting: [StoreID: MountTrust] = [:]
    var absence: [StoreID: AbsenceGuess] = [:]
    /// Target repositories that were asked whether they take blobs.
    var writeProofs: [TargetRepository: WriteProof] = [:]
    /// Repositories that an earlier run saw blobs in: good for one question each.
    var hints: [TargetBlob: Repository]

    private var queue = ReadyQueue()
    private var lanes: LaneTable
    private var memory: MemoryBudget
    private var pulls: [StoreID: PullGate] = [:]
    private var stops: [StoreID: WriteStop] = [:]
    private var nextWorkID = 0
    /// When the works that run began, by their numbers.
    private var running: [Int: Duration] = [:]
    private var jitter: JitterSource
    private(set) var isStopping = false
    var events: [TransferEvent] = []
    /// The time of the event being handled.
    var now: Duration = .zero

    /// - Parameters:
    ///   - hints: where an earlier run saw blobs.
    ///   - mounts: stores of which it is known whether they mount.
    package init(
        items: [TransferItem], settings: TransferSettings, hints: [TargetBlob: Repository] = [:],
        mounts: [StoreID: Bool] = [:]
    ) {
        self.hints = hints
        mounting = mounts.mapValues { MountTrust(mounts: $0) }
        self.items = items
        self.settings = settings
        states = Array(repeating: ItemState(), count: items.count)
        manifests = ManifestCache(limit: settings.manifestCacheBytes)
        lanes = LaneTable(ceiling: settings.connectionsPerStore)
        memory = MemoryBudget(limit: settings.transitBytes, perBlob: settings.transitBytesPerBlob)
        admission = ItemAdmission(items, window: settings.jobs)
        jitter = JitterSource(seed: settings.seed)
    }

    /// Every item has ended, or the run was stopped and nothing is running.
    package var isDone: Bool { finishedItems == items.count || (isStopping && running.isEmpty) }

    /// The next work to do now; nil while everything waits for something running, or for `nextDeadline`.
    package mutating func next(now: Duration) -> Work? {
        self.now = now
        guard !isStopping else { return nil }
        queue.wake(now: now)
        while true {
            admitItems()
            guard let work = takeReady() else { return nil }
            guard isStillWanted(work) else { continue }
            begin(work)
            return work
        }
    }

    private mutating func begin(_ work: Work) {
        lanes.enter(work.task.lanes, moving: work.task.priority == .move)
        if case .upload(let upload) = work.task {
            memory.take(upload.descriptor.size)
            note(upload.place, isMoving: true)
        }
        if case .fetchManifest(let store, _, _) = work.task { pulls[store, default: PullGate()].running += 1 }
        running[work.id] = now
    }

    private mutating func end(_ work: Work) {
        lanes.leave(work.task.lanes, moving: work.task.priority == .move)
        if case .upload(let upload) = work.task { memory.give(upload.descriptor.size) }
        if case .fetchManifest(let store, _, _) = work.task { pulls[store]?.running -= 1 }
    }

    /// Where pulls are counted, each one that can be saved is worth a question.
    func countsPulls(_ store: StoreID) -> Bool {
        pulls[store]?.remaining != nil || settings.countedSources.contains(store)
    }

    /// Takes note of the pulls that a source has left.
    mutating func note(_ allowance: PullAllowance, of store: StoreID) {
        pulls[store, default: PullGate()].remaining = allowance.remaining
    }

    private mutating func takeReady() -> Work? {
        let (lanes, memory, pulls, counted, now) = (lanes, memory, pulls, settings.countedSources, now)
        return queue.take { wanted, priority in
            if priority == .discover, let store = wanted.reading, let gate = pulls[store],
                gate.isClosed(whereCounted: counted.contains(store))
            {
                return false
            }
            return lanes.hasRoom(for: wanted, moving: priority == .move, now: now)
        } fits: {
            memory.fits($0)
        }
    }

    /// When `next` may have something although nothing finished: a retry is due or a lane opens.
    package var nextDeadline: Duration? {
        guard !isStopping, queue.count > 0, finishedItems < items.count else { return nil }
        return [queue.nextDue, lanes.nextOpening(after: now)].compactMap { $0 }.min()
    }

    /// Takes the result of a work that `next` handed out.
    package mutating func finish(_ work: Work, _ result: WorkResult, now: Duration) {
        self.now = now
        guard let began = running.removeValue(forKey: work.id) else { preconditionFailure("a work finishes once") }
        defer { end(work) }
        if case .upload(let upload) = work.task { note(upload.place, isMoving: false) }
        if case .failed(let failure) = result {
            retryOrFail(work, failure, begunAt: began)
        } else {
            lanes.succeeded(work.task.lanes, work.task.priority, after: now - began, now: now)
            if let (store, _) = work.task.written, result.isStored { stops[store]?.noteSuccess() }
            take(result, of: work)
        }
    }

    /// Hands out nothing any more. What runs may finish; the rest stays undone.
    package mutating func stop() { isStopping = true }

    /// At the end of a run: sessions that targets opened for works which nobody will take any more.
    var openSessions: [(store: StoreID, session: UploadSession)] {
        queue.works.compactMap { work in
            switch work.task {
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

    // MARK: - Work

    mutating func enqueue(_ task: WorkTask, for item: ItemID) {
        queue.append(Work(id: nextWorkID, task: task, attempt: 1, item: item))
        nextWorkID += 1
    }

    private mutating func retryOrFail(_ work: Work, _ failure: TransferFailure, begunAt start: Duration) {
        var (work, failure) = (work, failure)
        failure.attempts = work.attempt
        let store = failure.side == .source ? work.task.lanes.reading : work.task.lanes.writing
        let isDown = store.map { self.isDown($0, failure, begunAt: start) } ?? false
        if failure.cause.saysTooMuch || isDown, let store { refused(by: store, failure, begunAt: start) }
        if failure.cause.isOutOfDescriptors { lanes.refused(work.task.lanes, begunAt: start, now: now) }
        // The source's answer has decided.
        if case .probeTarget = work.task, states[work.item].phase == .done { return }
        if let received = failure.cause.received { work.damaged.append(received) }
        switch isStopping ? .giveUp : decide(&work, failure, at: store, isDown: isDown) {
        case .giveUp:
            if failure.cause.isPullQuota, let store { pulls[store, default: PullGate()].usedUp = failure }
            fail(work, failure.telling(work.damaged))
        case .again(let delay): retry(work, after: delay, failure)
        case .pauseStore(let pause):
            if let store { rest(store, for: pause, because: isDown ? .outage : .asked) }
            work.refusals += 1
            retry(work, after: pause, failure)
            if case .upload(let upload) = work.task { sendPastRestingSource(of: upload.place.blob) }
        }
    }

    /// Whether the store is left alone until its lane opens.
    func rests(_ store: StoreID) -> Bool { lanes[reading: store].closedUntil > now }

    /// Whether a failure is that of the whole store.
    private func isDown(_ store: StoreID, _ failure: TransferFailure, begunAt start: Duration) -> Bool {
        let lane = failure.side == .source ? lanes[reading: store] : lanes[writing: store]
        return settings.retry.isOutage(failure.cause, lastSuccess: lane.lastSuccess, begunAt: start)
    }

    private mutating func rest(_ store: StoreID, for pause: Duration, because reason: PauseReason) {
        let rested = rests(store)
        lanes.close(store, until: now + pause)
        events.append(.paused(store, for: pause, because: reason))
        guard !rested else { return }
        endRestingPilots()
        sendPastRestingSources()
    }

    private mutating func decide(
        _ work: inout Work, _ failure: TransferFailure, at store: StoreID?, isDown: Bool
    ) -> RetryDecision {
        let random = Double.random(in: 0..<1, using: &jitter)
        if failure.cause.isPullQuota, !settings.waitsForPulls { return .giveUp }
        if failure.cause.isOutOfDescriptors {
            let since = work.limitedSince ?? now
            work.limitedSince = since
            // What else runs gives descriptors back, and fewer requests run from now on: no fault of this one.
            let isAlone = running.isEmpty && queue.count == 0
            if !isAlone, now - since < settings.retry.patienceForDescriptors { work.refusals += 1 }
        }
        guard failure.cause.asksForPause || isDown, let store else {
            let attempt = max(1, work.attempt - work.refusals)
            return settings.retry.decide(failure.cause, attempt: attempt, random: random)
        }
        let since = work.limitedSince ?? now
        work.limitedSince = since
        let lane = failure.side == .source ? lanes[reading: store] : lanes[writing: store]
        return settings.retry.pause(failure.cause, refusals: lane.refusals, waited: now - since, random: random)
    }

    private mutating func refused(by store: StoreID, _ failure: TransferFailure, begunAt start: Duration) {
        switch failure.side {
        case .source: lanes[reading: store].refused(begunAt: start, now: now)
        case .target: lanes[writing: store].refused(begunAt: start, now: now)
        }
    }

    private mutating func retry(_ work: Work, after delay: Duration, _ failure: TransferFailure) {
        var again = work
        // Tries are counted from where the blob stands.
        again.attempt += 1
        if failure.advanced > 0 { (again.attempt, again.refusals) = (1, 0) }
        states[work.item].attempts = max(states[work.item].attempts, again.attempt)
        events.append(.retrying(failure, after: delay, item: work.item))
        queue.append(again.anew, notBefore: now + delay)
        if case .upload(let upload) = work.task { endPilot(upload.place) }
    }

    private mutating func take(_ result: WorkResult, of work: Work) {
        switch (work.task, result) {
        case (.probeTarget(let store, _, _), .summary(let summary)):
            absence[store, default: AbsenceGuess()].answered(found: summary != nil)
            states[work.item].wasProbed = true
            targetProbed(work.item, summary?.digest)
        case (.resolveTag(let tag), .summary(let summary)): tagResolved(tag, summary, for: work.item)
        case (.fetchManifest(let store, let repository, let selector), .manifest(let content)):
            manifestFetched(content, from: SourcePlace(store: store, repository: repository), selector)
        case (.listReferrers(let place, let source), .referrers(let list)): referrersListed(place, list, from: source)
        case (.mount(let place, _, let origin), _): mountAnswered(place, from: origin, result)
        case (.proveWritable(let place), _): writeProven(place)
        case (.proveMounts(let place, _), .mounts(let mounts)): mountsProven(place.store, mounts)
        case (.findManifest(let place), .summary(let summary)): manifestFound(place, isThere: summary != nil)
        case (.upload(let upload), _): uploadFinished(upload, result)
        case (.storeManifest(let place, _, _, let selector, _), .stored(let tags)):
            manifestStored(place, selector, also: tags)
        case (.mergeReferrers(let place, _, _), .merged(let list)): listMerged(place, list)
        case (.cancelSession, _): break
        default: preconditionFailure("a result of another kind of work")
        }
    }

    /// Why nothing may be written to a store any more; nil as long as it may.
    func writeStop(of store: StoreID) -> TransferFailure? { stops[store]?.failure }

    private mutating func fail(_ work: Work, _ failure: TransferFailure) {
        // A manifest may be refused with 500 for what it says: distribution does so for foreign layers.
        if let (store, content) = work.task.written, failure.cause.status != 500 || work.task.priority == .move {
            stops[store, default: WriteStop()].note(failure, of: content)
        }
        switch work.task {
        case .probeTarget: probeFailed(work.item, failure)
        case .resolveTag(let tag): tagFailed(tag, failure)
        case .fetchManifest(let store, let repository, .tag(let tag)):
            tagFailed(SourceTag(store: store, repository: repository, tag: tag), failure)
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
        case .upload(let upload): uploadFailed(upload, failure)
        case .storeManifest(let place, _, _, let selector, _): storingFailed(place, selector, failure)
        case .mergeReferrers(let place, _, _): storingFailed(place, .digest(place.digest), failure)
        case .cancelSession: break
        }
    }

    /// What only images need that failed meanwhile is neither read nor written.
    private mutating func isStillWanted(_ work: Work) -> Bool {
        if let (store, _) = work.task.written, let failure = writeStop(of: store) {
            if case .upload(let upload) = work.task, let session = upload.session {
                enqueue(.cancelSession(store, session), for: work.item)
            }
            fail(work, failure)
            return false
        }
        switch work.task {
        case .probeTarget: return states[work.item].phase != .done
        case .fetchManifest(let store, _, let selector):
            if case .digest(let digest) = selector, !isStillAwaited(digest, of: store) { return false }
            // One answer is enough to know that there is nothing to be had from this source any more.
            guard let failure = pulls[store]?.usedUp else { return true }
            fail(work, failure)
            return false
        case .listReferrers(let place, _), .findManifest(let place), .storeManifest(let place, _, _, _, _),
            .mergeReferrers(let place, _, _):
            return nodes[place] != nil
        case .mount(let place, _, _): return keepIfWanted(place)
        case .upload(let upload):
            if keepIfWanted(upload.place), !givesWay(upload.place) { return true }
            if let session = upload.session { enqueue(.cancelSession(upload.place.store, session), for: work.item) }
            return false
        default: return true
        }
    }
}

extension TransferFailure {
    /// This failure with what came each time, where content was damaged more than once.
    fileprivate func telling(_ damaged: [Digest]) -> TransferFailure {
        guard cause.kind == .corrupt, damaged.count > 1 else { return self }
        var told = self
        let isSame = Set(damaged).count == 1
        let what = isSame ? "always \(damaged[0].short)" : damaged.map { "\($0.short)" }.joined(separator: ", ")
        told.cause.message += "; \(damaged.count) times it came damaged: \(what)"
        return told
    }
}

extension Work {
    /// A session is used up by the attempt that failed.
    fileprivate var anew: Work {
        guard case .upload(var upload) = task else { return self }
        upload.session = nil
        return Work(
            id: id, task: .upload(upload), attempt: attempt, item: item, limitedSince: limitedSince, refusals: refusals,
            damaged: damaged)
    }
}
