// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import TransferEngine

/// An event of a copy. Items are identified by their position in the run, from 0. New cases may be added, so a `switch`
/// needs a `default`.
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
    /// The run began to copy this item.
    case itemStarted(Int)
    /// A manifest was read. This many more blobs and bytes have to be at the targets.
    case planned(blobs: Int, bytes: Int64)
    /// A blob of this many bytes is in a target's repository, `HOST/PATH`. `sent` is the number of bytes that this run
    /// sent: 0 if the target had the blob or mounted it from another repository, and fewer than `bytes` if an earlier
    /// upload was continued.
    case blobPlaced(Digest, bytes: Int64, sent: Int64, repository: String)
    /// A request failed, and will be retried after this time.
    case retrying(TransshipError, after: Duration, item: Int)
    /// A registry asked for a pause or does not answer. No request is sent to it for this long.
    case paused(registry: String, for: Duration)
    /// An item has ended. There is exactly one such event for each item that began.
    case itemFinished(CopyResult)
}

extension CopyEvent {
    /// nil for events that no caller acts on. Some of them are logged.
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
        case .rootFetched, .givenUp, .chosen, .mountsLearned, .manifestExisted, .referrersLeft, .uploadResumed,
            .manifestStored,
            .referrerListed,
            .signatureKept, .foreignLayerSkipped, .tagMoved:
            return nil
        }
    }
}
