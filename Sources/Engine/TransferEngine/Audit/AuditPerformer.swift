// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// Asks the stores what an audit wants to know.
struct AuditPerformer: Performer {
    let stores: RunStores
    let clock: any TransferClock
    let referrers: ReferrerFinder
    /// nil: blobs are requested by HEAD and not read.
    let inspector: (any ImageInspector)?
    let meter: TransferMeter
    let configs = ConfigReader()

    func perform(_ queued: Queued<AuditRequest>) async -> Result<AuditAnswer, TransferFailure> {
        do throws(TransferFailure) { return .success(try await ask(queued.request, queued.policy)) } catch {
            return .failure(error)
        }
    }

    func allowance(of store: StoreID, on side: TransferSide) -> PullAllowance? {
        stores.readable(store, on: side).pullAllowance()
    }

    private func ask(_ request: AuditRequest, _ policy: ReadPolicy) async throws(TransferFailure) -> AuditAnswer {
        switch request {
        case .fetchRoot(_, let place, let selector):
            return try await manifest(selector, in: place.repository, of: place.store, .target, policy: policy)
        case .fetchSource(_, let place, let selector):
            return try await manifest(selector, in: place.repository, of: place.store, .source, policy: policy)
        case .fetchManifest(let place):
            let place = place.manifest
            return try await manifest(
                .digest(place.digest), in: place.repository, of: place.store, .target, policy: policy)
        case .resolveSource(_, let tag): return try await summary(of: .tag(tag.tag), in: tag.repository, at: tag.store)
        case .findAtSource(_, let place, let digest):
            return try await summary(of: .digest(digest), in: place.repository, at: place.store)
        case .listReferrers(let place, let source):
            return .referrers(
                try await referrers.referrers(of: place.manifest, at: source, in: stores))
        case .findBlob(let place, let descriptor): return try await find(descriptor, at: place)
        case .readBlob(let place, let descriptor):
            return try await asking(.target) { () async throws(ContentFailure) in
                try await read(descriptor, at: place)
                return .right
            }
        case .conclude(let place, let manifest): return try await conclude(manifest, at: place.manifest)
        }
    }

    private func manifest(
        _ selector: ManifestSelector, in repository: Repository, of store: StoreID, _ side: TransferSide,
        policy: ReadPolicy
    ) async throws(TransferFailure) -> AuditAnswer {
        try await asking(side) { () async throws(ContentFailure) in
            .manifest(try await stores.readable(store, on: side).manifest(selector, in: repository, policy: policy))
        }
    }

    private func summary(
        of selector: ManifestSelector, in repository: Repository, at store: StoreID
    ) async throws(TransferFailure) -> AuditAnswer {
        try await asking(.source) { () async throws(ContentFailure) in
            .summary(try await stores.source(store).summary(of: selector, in: repository))
        }
    }

    private func find(_ descriptor: Descriptor, at place: BlobPlace) async throws(TransferFailure) -> AuditAnswer {
        let isThere = try await asking(.target) { () async throws(ContentFailure) in
            try await stores.target(place.store).canRead(descriptor, in: place.repository)
        }
        guard isThere else {
            let message =
                "\(place.store)/\(place.repository) has no blob \(descriptor.digest) of \(descriptor.size) bytes"
            throw TransferFailure(ContentFailure(.notFound, message), side: .target)
        }
        return .right
    }

    /// Reads all bytes of a blob and verifies them.
    private func read(_ descriptor: Descriptor, at place: BlobPlace) async throws(ContentFailure) {
        let (repository, store) = (place.repository, stores.target(place.store))
        let passage = meter.begin(descriptor, from: place.store, to: nil, repository, at: clock.now)
        defer { meter.end(passage, at: clock.now, isDone: true) }
        if descriptor.mediaType.isImageConfig, descriptor.size <= ConfigReader.largest {
            let length = try await configs.config(descriptor, in: repository, of: store).bytes.count
            // Another image, which names another length, may have caused the read.
            guard length == descriptor.size else {
                throw ContentFailure(
                    .corrupt, "config \(descriptor.digest.short) has \(length) bytes, its image says \(descriptor.size)"
                )
            }
            meter.add(length, to: passage)
            return
        }
        let inspection = try inspector?.inspection(of: descriptor, in: nil)
        let origin = BlobOrigin(descriptor: descriptor, repository: repository, store: store, clock: clock)
        let stream = try await ResumingBlob(origin, range: 0..<descriptor.size)
        let blob = VerifiedBlob(BlobStream(stream), expecting: descriptor, inspection: inspection) { [meter] in
            meter.add($0, to: passage)
        }
        do { for try await _ in blob {} } catch {
            throw blob.failure ?? ContentFailure(.unavailable, "reading blob \(descriptor.digest.short) broke off")
        }
    }

    private func conclude(
        _ manifest: ParsedManifest, at place: ManifestPlace
    ) async throws(TransferFailure) -> AuditAnswer {
        guard let inspector else { return .tally(LayerTally()) }
        try await RunInspection(inspector: inspector, configs: configs)
            .conclude(manifest, in: place.repository, of: stores.target(place.store), blaming: .target)
        return .tally(inspector.takeTally(of: place.digest) ?? LayerTally())
    }
}
