// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// What a copy tells while it goes on. Items are named by their position in the run, from 0. New cases may be added: have a `default`.
///
/// ```swift
/// var missing: Int64 = 0
/// for await event in events {
///     switch event {
///     case .planned(_, let bytes): missing += bytes
///     case .blobPlaced(_, let bytes, _, _): missing -= bytes
///     case .itemFinished(let result): print(result.item.target, result.outcome, missing, "bytes left")
///     default: break
///     }
/// }
/// ```
public enum CopyEvent: Sendable {
    /// The run began with this item.
    case itemStarted(Int)
    /// A manifest was read: this many more blobs and bytes are to be placed.
    case planned(blobs: Int, bytes: Int64)
    /// A blob of this many bytes is in a target's repository, `HOST/PATH`. `sent` are the bytes that this run sent: 0 where the
    /// target had the blob or took it over from another repository, fewer than all where an upload went on.
    case blobPlaced(Digest, bytes: Int64, sent: Int64, repository: String)
    /// A request failed, and is sent again after this time.
    case retrying(TransshipError, after: Duration, item: Int)
    /// A registry asked for a pause or does not answer: nothing is sent to it for this long.
    case paused(registry: String, for: Duration)
    /// An item has ended. Each item that began has one of these, and only one.
    case itemFinished(CopyResult)
}

extension CopyEvent {
    /// nil for what no caller acts on; some of it is logged.
    init?(_ event: TransferEvent, of items: [CopyItem]) {
        switch event {
        case .itemStarted(let item): self = .itemStarted(item)
        case .planned(let blob, _): self = .planned(blobs: 1, bytes: blob.size)
        case .blobPlaced(let outcome, let blob, let bytes, let store, let repository):
            self = .blobPlaced(
                Digest(blob.digest), bytes: blob.size, sent: outcome == .sent ? bytes : 0,
                repository: store.repositoryName(repository))
        case .retrying(let failure, let delay, let item):
            self = .retrying(TransshipError(failure), after: delay, item: item)
        case .paused(let store, let pause, _): self = .paused(registry: store.publicName, for: pause.length)
        case .itemFinished(let report): self = .itemFinished(CopyResult(report, of: items[report.item]))
        case .rootFetched, .givenUp, .mountsLearned, .manifestExisted, .referrersLeft, .uploadResumed, .manifestStored,
            .referrerListed,
            .signatureKept, .foreignLayerSkipped, .tagMoved:
            return nil
        }
    }
}
