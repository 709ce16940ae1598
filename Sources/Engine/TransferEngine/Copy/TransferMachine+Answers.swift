// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

// The effects of an answer, by the request that it belongs to.

extension TransferMachine {
    mutating func enqueue(_ request: CopyRequest, for item: ItemID) { requests.append(request, for: item) }

    /// Whether the store is paused.
    func isPaused(_ store: StoreID) -> Bool { requests.isPaused(store, now: now) }

    /// After the source's answer has ended the item, the request to the target is not repeated.
    func isWantedAfterFailure(_ queued: Queued<CopyRequest>) -> Bool {
        if case .probeTarget = queued.request { !states.hasEnded(queued.item) } else { true }
    }

    mutating func apply(_ verdict: RequestMachine<CopyRequest>.Verdict, of queued: Queued<CopyRequest>) {
        switch verdict {
        case .dropped: break
        case .failed(let failure): fail(queued, failure)
        case .again(let again, let delay, let failure, let rest):
            if let rest { apply(rest) }
            states[again.item].attempts = max(states[again.item].attempts, again.attempt)
            events.append(.retrying(failure, after: delay, item: again.item))
            guard case .upload(let upload) = again.request else { return }
            if rest != nil { sendFromUnpausedSource(of: upload.place.blob) }
        }
    }

    private mutating func apply(_ rest: RequestMachine<CopyRequest>.Rest) {
        if let pause = rest.pause { events.append(.paused(rest.store, for: pause, because: rest.reason)) }
        guard rest.isNew else { return }
        endWaiting(for: rest.store)
        sendFromUnpausedSources()
    }

    mutating func take(_ answer: CopyAnswer, to queued: Queued<CopyRequest>) {
        switch (queued.request, answer) {
        case (.probeTarget(let store, _, _), .summary(let summary)):
            absence[store, default: AbsenceGuess()].answered(found: summary != nil)
            states[queued.item].mayBeIndex = summary?.mediaType.manifestKind != .image
            states[queued.item].wasProbed = true
            targetProbed(queued.item, summary?.digest)
        case (.lookAtTarget, .summary(let summary)):
            states[queued.item].seen = summary?.digest
            targetProbed(queued.item, nil)
        case (.resolveTag(let tag), .summary(let summary)): tagResolved(tag, summary, for: queued.item)
        case (.fetchManifest(let store, let repository, let selector), .manifest(let content)):
            manifestFetched(content, from: RepositoryPlace(store: store, repository: repository), selector)
        case (.listReferrers(let place, let source), .referrers(let list)): referrersListed(place, list, from: source)
        case (.mount(let place, _, let origin, let asked), _):
            mountAnswered(place, from: origin, answer, wasAskedFirst: asked)
        case (.proveWritable(let place), .session(let session, _)): writeProven(place, leaving: session)
        case (.proveWritable(let place), _): writeProven(place)
        case (.proveMounts(let place, _), .mounts(let mounts)): mountsProven(place.store, mounts)
        case (.findManifest(let place), .summary(let summary)): manifestFound(place, isThere: summary != nil)
        case (.proveManifest(let place), .summary(let summary)): manifestProven(place, isThere: summary != nil)
        case (.readIndex(let place), .manifest(let content)): indexRead(place, content)
        case (.findBlob(let upload), .absent): blobAbsent(upload, for: queued.item)
        case (.findBlob(let upload), _): uploadFinished(upload, answer)
        case (.fetchBlob(let upload), .blob(let blob)): enqueue(.storeBlob(upload, blob), for: queued.item)
        case (.upload(let upload), _), (.storeBlob(let upload, _), _): uploadFinished(upload, answer)
        case (.storeManifest(let place, _, let selector, _), .stored(let tags, let listing)):
            if let listing { listed(place, listing) }
            manifestStored(place, selector, also: tags)
        case (.mergeReferrers(let place, _, _), .merged(let list)): listMerged(place, list)
        case (.cancelSession, _): break
        default: preconditionFailure("an answer to another kind of request")
        }
    }

    /// Why nothing more is written to a store; nil while the store accepts writes.
    func writeStop(of store: StoreID) -> TransferFailure? { stops[store]?.failure }

    private mutating func fail(_ queued: Queued<CopyRequest>, _ failure: TransferFailure) {
        // A manifest may be refused with 500 because of its content: distribution does so for foreign layers.
        if let (store, content) = queued.request.written,
            failure.cause.status != 500 || queued.request.priority.movesBytes
        {
            stops[store, default: WriteStop()].note(failure, of: content)
        }
        switch queued.request {
        case .probeTarget, .lookAtTarget: probeFailed(queued.item, failure)
        case .resolveTag(let tag): tagFailed(tag, failure)
        case .fetchManifest(let store, let repository, .tag(let tag)):
            tagUnread(SourceTag(store: store, repository: repository, tag: tag), failure)
        case .fetchManifest(let store, let repository, .digest(let digest)):
            if failure.cause.kind == .notFound,
                askTagAgain(digest, RepositoryPlace(store: store, repository: repository))
            {
                return
            }
            manifestFailed(digest, from: RepositoryPlace(store: store, repository: repository), failure)
        case .listReferrers(let place, let source): referrersUnknown(place, at: source, failure)
        case .mount(let place, _, let origin, _): mountFailed(place, from: origin, failure)
        case .proveWritable(let place): writeRefused(place, failure)
        case .proveMounts(let place, _): proofFailed(place.store)
        // It is not known what the target has, so everything is sent.
        case .findManifest(let place): manifestFound(place, isThere: false)
        case .proveManifest(let place): if nodes.needs(.proof, place) { fail(place, failure) }
        case .readIndex(let place): indexUnread(place, failure)
        case .upload(let upload), .findBlob(let upload), .fetchBlob(let upload), .storeBlob(let upload, _):
            uploadFailed(upload, failure)
        case .storeManifest(let place, _, let selector, _): storingFailed(place, at: selector, failure)
        case .mergeReferrers(let place, _, _): storingFailed(place, at: .digest(place.digest), failure)
        case .cancelSession: break
        }
    }

    /// Whether something still needs the answer. Content that only failed images need is neither read nor written.
    mutating func isStillWanted(_ queued: Queued<CopyRequest>) -> Bool {
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
            if !isStillAwaited(selector, at: RepositoryPlace(store: store, repository: repository)) { return false }
            // One answer may be enough to know that this source will return nothing more.
            guard let failure = requests.knownFailure(of: queued) else { return true }
            fail(queued, failure)
            return false
        case .listReferrers(let place, _), .findManifest(let place), .proveManifest(let place),
            .readIndex(let place), .storeManifest(let place, _, _, _),
            .mergeReferrers(let place, _, _):
            return nodes[place] != nil
        case .mount(let place, _, _, _):
            if keepIfWanted(place) { return true }
            endTrial(at: place.store)
            return false
        case .upload(let upload):
            if keepIfWanted(upload.place), !yieldsIfSuperseded(upload.place) { return true }
            if let session = upload.session { enqueue(.cancelSession(upload.place.store, session), for: queued.item) }
            return false
        case .findBlob(let upload), .fetchBlob(let upload):
            return keepIfWanted(upload.place) && !yieldsIfSuperseded(upload.place)
        case .storeBlob(let upload, _): return keepIfWanted(upload.place)
        default: return true
        }
    }
}
