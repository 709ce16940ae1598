// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Waiting

/// Sends the requests of a copy. No other part of a copy touches stores. Every failure gets its side here.
struct CopyPerformer: Performer {
    let stores: RunStores
    let mover: BlobMover
    let referrers: ReferrerFinder
    let merges = Turns<ReferrerListPlace>()
    let settings: TransferSettings
    /// nil: only size and digest are verified.
    let inspection: RunInspection?

    func perform(_ queued: Queued<CopyRequest>) async -> CopyAnswer {
        do throws(TransferFailure) {
            return try await carryOut(queued.request, queued.policy)
        } catch {
            return .failed(error)
        }
    }

    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance? {
        stores.readable(store, on: side).pullAllowance()
    }

    private func carryOut(_ request: CopyRequest, _ policy: ReadPolicy) async throws(TransferFailure) -> CopyAnswer {
        switch request {
        case .probeTarget(let store, let repository, let selector):
            return .summary(try await probe(selector, in: repository, of: store))
        case .lookAtTarget: preconditionFailure("a run does not ask")
        case .resolveTag(let tag):
            return .summary(
                try await ask(source: tag.store) { source async throws(ContentFailure) in
                    try await source.summary(of: .tag(tag.tag), in: tag.repository)
                })
        case .fetchManifest(let store, let repository, let selector):
            return .manifest(
                try await ask(source: store) { source async throws(ContentFailure) in
                    try await source.manifest(selector, in: repository, policy: policy)
                })
        case .listReferrers(let place, let source):
            return .referrers(try await referrers.referrers(of: place, at: source, in: stores))
        case .mount(let place, let descriptor, let holder, let asksFirst):
            if asksFirst, try await mover.has(descriptor, at: place, asking: .head) { return .present }
            return try await mover.admit(descriptor, to: place, from: holder).result
        case .proveWritable(let place):
            return try await beginWriting(to: place)
        case .proveMounts(let place, let descriptor):
            return .mounts(try await mover.mounts(descriptor, at: place))
        case .findManifest(let place):
            return .summary(try await summary(ofManifestAt: place))
        case .proveManifest(let place): return .summary(try await readBack(place))
        case .readIndex(let place): return .manifest(try await stores.index(at: place))
        case .upload(var upload):
            upload.policy = policy
            return try await mover.move(upload)
        case .findBlob(let upload):
            return try await mover.has(upload.descriptor, at: upload.place, asking: .head) ? .present : .absent
        case .fetchBlob(let upload): return .blob(try await mover.fetch(upload))
        case .storeBlob(let upload, let blob): return try await mover.move(upload, fetched: blob)
        case .storeManifest(let place, let manifest, let selector, let tags):
            return try await store(manifest, at: place, under: selector, also: tags)
        case .mergeReferrers(let place, let content, let subject):
            // If two requests of a run read and wrote the list at the same time, one change would be lost.
            return .merged(try await merge(content, referringTo: subject, at: place).list)
        case .cancelSession(let store, let session):
            return await cancel(session, at: store)
        }
    }

    private func ask<Value: Sendable>(
        source store: StoreID, _ question: (any ContentSource) async throws(ContentFailure) -> Value
    ) async throws(TransferFailure) -> Value {
        let source = stores.source(store)
        return try await asking(.source) { () async throws(ContentFailure) in try await question(source) }
    }

    private func beginWriting(to place: RepositoryPlace) async throws(TransferFailure) -> CopyAnswer {
        let session = try await asking(.target) { () async throws(ContentFailure) in
            try await stores.target(place.store).beginWriting(to: place.repository)
        }
        return session.map { .session($0, mountRefused: false) } ?? .stored()
    }

    private func summary(ofManifestAt place: ManifestPlace) async throws(TransferFailure) -> ManifestSummary? {
        try await asking(.target) { () async throws(ContentFailure) in
            try await stores.target(place.store).summary(of: .digest(place.digest), in: place.repository)
        }
    }

    /// What the target has under a name.
    ///
    /// - Returns: nil also for a damaged manifest, if the run repairs it and nothing that the target keeps is lost.
    private func probe(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID
    ) async throws(TransferFailure) -> ManifestSummary? {
        let target = stores.target(store)
        do throws(ContentFailure) {
            guard !settings.needsCertainty(of: selector) else {
                return try await target.certainSummary(of: selector, in: repository)
            }
            return try await target.summary(of: selector, in: repository)
        } catch {
            let isMended = settings.existing == .proven && !settings.needsCertainty(of: selector)
            if isMended, error.kind == .corrupt { return nil }
            throw TransferFailure(error, side: .target)
        }
    }

    /// Reads a manifest by digest at the target.
    ///
    /// - Returns: nil if the target has none, or sends damaged bytes each time.
    private func readBack(_ place: ManifestPlace) async throws(TransferFailure) -> ManifestSummary? {
        do throws(ContentFailure) {
            let found = try await stores.target(place.store).manifest(
                .digest(place.digest), in: place.repository, policy: .reload)
            return ManifestSummary(digest: found.digest, mediaType: found.mediaType, size: Int64(found.bytes.count))
        } catch {
            if [.notFound, .corrupt].contains(error.kind) { return nil }
            throw TransferFailure(error, side: .target)
        }
    }

    private func store(
        _ manifest: ParsedManifest, at place: ManifestPlace, under selector: ManifestSelector, also tags: [Tag]
    ) async throws(TransferFailure) -> CopyAnswer {
        let target = stores.target(place.store)
        try await inspection?.conclude(manifest, in: place.repository, of: target)
        let set = try await asking(.target) { () async throws(ContentFailure) in
            try await target.put(
                manifest.content, as: manifest.mediaType, at: selector, also: tags, in: place.repository)
        }
        // If the target keeps no lists of referrers, the copy of the image also writes the list.
        if case .digest = selector, settings.copiesReferrers, !target.leavesOutReferrers(in: place.repository) {
            return .stored(also: set)
        }
        return .stored(also: set, entry: try await enlist(manifest, at: place))
    }

    /// Adds a stored manifest with a subject to the list under the fallback tag, if the registry has no referrers API or
    /// its answer does not name the subject (distribution-spec, "Pushing Manifests with Subject").
    ///
    /// - Returns: nil if the manifest has no subject, or the target lists it by itself.
    private func enlist(
        _ stored: ParsedManifest, at place: ManifestPlace
    ) async throws(TransferFailure) -> ReferrerListing? {
        let (manifest, content) = (stored.manifest, stored.content)
        guard let subject = manifest.subject, let document = try? JSON(content.bytes),
            let entry = JSON.referrer(manifest, document, digest: content.digest, size: content.bytes.count)
        else { return nil }
        let list = ManifestContent(index: .ociIndex(of: [entry]))
        return try await merge(list, referringTo: subject.digest, at: place).listing
    }

    /// Adds entries to a target's list. Requests of one run do this one after the other; otherwise a change could be lost.
    private func merge(
        _ content: ManifestContent, referringTo subject: Digest, at place: ManifestPlace
    ) async throws(TransferFailure) -> MergedReferrers {
        try await merges.alone(ReferrerListPlace(of: subject, at: place)) { () async throws(TransferFailure) in
            try await mergeAlone(content, referringTo: subject, at: place)
        }
    }

    private func mergeAlone(
        _ content: ManifestContent, referringTo subject: Digest, at place: ManifestPlace
    ) async throws(TransferFailure) -> MergedReferrers {
        let (target, repository) = (stores.target(place.store), place.repository)
        return try await asking(.target) { () async throws(ContentFailure) in
            var merge = ReferrerMerge(content, referringTo: subject, at: place)
            while true {
                switch merge.step {
                case .askTarget:
                    // This also covers a target that was asked before it had the repository and turns out to keep the list
                    // itself.
                    let list = try await target.readableReferrers(of: subject, in: repository)
                    merge.targetListed(list, mayLackEntries: target.leavesOutReferrers(in: repository))
                case .readTag:
                    try merge.tagRead(try await ReferrerFinder.fallback(of: subject, at: target, in: repository))
                case .put(let list, let tag):
                    try await target.put(list, as: list.mediaType, at: .tag(tag), in: repository)
                    try merge.written()
                case .done(let merged): return merged
                }
            }
        }
    }

    private func cancel(_ session: UploadSession, at store: StoreID) async -> CopyAnswer {
        await stores.target(store).cancel(session)
        return .stored()
    }
}

extension BlobAdmission {
    fileprivate var result: CopyAnswer {
        switch self {
        case .present: .mounted
        case .session(let session, let refused): .session(session, mountRefused: refused)
        }
    }
}
