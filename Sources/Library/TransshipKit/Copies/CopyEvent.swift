// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// What a copy tells while it goes on. Items are named by their position in the run. New cases may be added: have a `default`.
public enum CopyEvent: Sendable {
    /// How a blob came to be in a target's repository.
    public enum Placement: Hashable, Sendable {
        /// Its bytes were sent.
        case sent
        /// The target took it over from another of its repositories.
        case mounted
        /// It was there.
        case present
    }

    /// The run began with this item.
    case itemStarted(Int)
    /// A manifest was read: this many more blobs and bytes are to be placed.
    case planned(blobs: Int, bytes: Int64)
    /// A blob of this many bytes is in a target's repository, `HOST/PATH`.
    case blobPlaced(Digest, bytes: Int64, placement: Placement, repository: String)
    /// An upload that was cut off goes on from this byte.
    case uploadResumed(Digest, from: Int64, repository: String)
    /// A manifest was stored in a target's repository, `HOST/PATH`, under its digest or under a tag.
    case manifestStored(Digest, tag: String?, repository: String, item: Int)
    /// The target has another signature under cosign's tag than the source; it was left alone.
    case signatureKept(Digest, tag: String, repository: String, item: Int)
    /// A layer was left where it is by convention.
    case foreignLayerSkipped(Digest, item: Int)
    /// A tag of a source named another manifest when it was read than when it was first asked for. What was read is copied.
    case tagMoved(from: Digest, to: Digest, tag: String, repository: String)
    /// A request failed, and is sent again after this time.
    case retrying(TransshipError, after: Duration, item: Int)
    /// A registry asked for a pause or does not answer: nothing is sent to it for this long.
    case paused(registry: String, for: Duration)
    /// An item has ended. Each item that began has one of these, and only one.
    case itemFinished(CopyResult)
}

extension CopyEvent {
    /// nil for what only the engine's own neighbours want to know.
    init?(_ event: TransferEvent, of items: [CopyItem]) {
        switch event {
        case .itemStarted(let item): self = .itemStarted(item)
        case .planned(let blob, _): self = .planned(blobs: 1, bytes: blob.size)
        case .blobPlaced(let outcome, let blob, _, let store, let repository):
            self = .blobPlaced(
                Digest(blob.digest), bytes: blob.size, placement: Placement(outcome),
                repository: Self.name(store, repository))
        case .uploadResumed(let blob, let offset, let store, let repository):
            self = .uploadResumed(Digest(blob.digest), from: offset, repository: Self.name(store, repository))
        case .manifestStored(let selector, let digest, _, let store, let repository, let item):
            let tag: String? = if case .tag(let tag) = selector { tag.name } else { nil }
            self = .manifestStored(Digest(digest), tag: tag, repository: Self.name(store, repository), item: item)
        case .signatureKept(let tag, let digest, _, let store, let repository, let item):
            self = .signatureKept(
                Digest(digest), tag: tag.name, repository: Self.name(store, repository), item: item)
        case .foreignLayerSkipped(let layer, let item): self = .foreignLayerSkipped(Digest(layer.digest), item: item)
        case .tagMoved(let tag, let old, let new):
            self = .tagMoved(
                from: Digest(old), to: Digest(new), tag: tag.tag.name, repository: Self.name(tag.store, tag.repository))
        case .retrying(let failure, let delay, let item):
            self = .retrying(TransshipError(failure), after: delay, item: item)
        case .paused(let store, let pause, _): self = .paused(registry: store.publicName, for: pause.length)
        case .itemFinished(let report): self = .itemFinished(CopyResult(report, of: items[report.item]))
        case .rootFetched, .givenUp, .mountsLearned, .manifestExisted, .referrersLeft: return nil
        }
    }

    private static func name(_ store: StoreID, _ repository: Repository) -> String {
        store.isLayout ? store.name : "\(store.publicName)/\(repository)"
    }
}

extension CopyEvent.Placement {
    fileprivate init(_ outcome: BlobOutcome) {
        switch outcome {
        case .sent: self = .sent
        case .mounted: self = .mounted
        case .present: self = .present
        }
    }
}
