// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// What a run knows of an item that has begun and not ended.
struct ItemState: Sendable {
    enum Phase: Sendable {
        case waiting
        case probing
        case resolving
        case copying
        case done
    }

    let item: TransferItem
    var phase = Phase.waiting
    /// The target was asked what it has at the item's place.
    var wasProbed = false
    /// What the target had at the item's place before.
    var existing: Digest?
    /// Whether that may be an index, judged by its media type.
    var mayBeIndex = false
    /// What a dry run saw there although the run would not have asked.
    var seen: Digest?
    /// The digest being copied.
    var root: Digest?
    /// The SHA-256 of the root's bytes, if the source names the root by another algorithm. Registries name what a tag names
    /// by SHA-256.
    var tagDigest: Digest?
    /// The source's index that the root was chosen from, or made of.
    var chosenFrom: Digest?
    /// That index's entry for the root that was chosen.
    var chosen: Descriptor?
    /// The source is asked at the same time as the target.
    var asksSource = false
    /// The target's tag stays; the source is asked for comparison only.
    var isKept = false
    /// Why the target did not say what it has. It is reported after the source has answered, because a failure of the
    /// source comes first.
    var probeFailure: TransferFailure?
    var mediaType: MediaType?
    /// The manifest that the source names was read.
    var rootWasRead = false
    /// Referrers of the root whose types are not wanted.
    var referrersLeft = 0
    var started: Duration = .zero
    var attempts = 1
    var counts = BlobCounts()
    /// Descriptors reached so far.
    var descriptors = 0
    /// Something was written for this item.
    var hasWritten = false

    init(_ item: TransferItem) { self.item = item }

    var source: TransferEndpoint { item.source }
    var target: TransferEndpoint { item.target }
    var platforms: PlatformChoice? { item.platforms }

    /// The outcome to report. A run sends manifests whose presence it did not ask for; a dry run that saw them at the
    /// target reports them as present.
    func told(_ outcome: ItemOutcome) -> ItemOutcome {
        switch outcome {
        case .copied(let digest): digest == seen ? .unchanged(atTarget(digest)) : .copied(atTarget(digest))
        case .unchanged(let digest): .unchanged(atTarget(digest))
        case .kept, .failed: outcome
        }
    }

    /// The digest by which the target's tag names a manifest.
    private func atTarget(_ digest: Digest) -> Digest {
        digest == root && target.tag != nil ? tagDigest ?? digest : digest
    }
}
