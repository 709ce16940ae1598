// SPDX-License-Identifier: Apache-2.0

import Content
import OCI

/// The requests that an audit consists of.
enum AuditRequest: StoreRequest {
    /// Reads what the target has under an item's name. It is read by the name that people pull, because a cache may answer
    /// HEAD with one digest and GET with other content.
    case fetchRoot(ItemID, at: RepositoryPlace, ManifestSelector)
    /// What a tag at the source names.
    case resolveSource(ItemID, SourceTag)
    /// The index at the source, to choose images from.
    case fetchSource(ItemID, RepositoryPlace, ManifestSelector)
    /// Whether the source has what the target has.
    case findAtSource(ItemID, RepositoryPlace, Digest)
    /// A manifest below a root.
    case fetchManifest(AuditPlace)
    /// The referrers of a manifest at its source, and whether the target has them.
    case listReferrers(AuditPlace, RepositoryPlace)
    /// Whether the target has a blob and can deliver it.
    case findBlob(BlobPlace, Descriptor)
    /// All bytes of a blob, against its digest.
    case readBlob(BlobPlace, Descriptor)
    /// Compares an image, whose blobs are all at the target, with what is known of its layers.
    case conclude(AuditPlace, ParsedManifest)

    var lanes: RequestStores {
        switch self {
        case .fetchRoot(_, let place, _): RequestStores(writing: place.store)
        case .resolveSource(_, let tag): RequestStores(reading: tag.store)
        case .fetchSource(_, let place, _), .findAtSource(_, let place, _): RequestStores(reading: place.store)
        case .listReferrers(let place, let source):
            RequestStores(reading: source.store, writing: place.manifest.store)
        case .fetchManifest(let place), .conclude(let place, _): RequestStores(writing: place.manifest.store)
        case .findBlob(let place, _), .readBlob(let place, _): RequestStores(writing: place.store)
        }
    }

    var priority: RequestPriority {
        switch self {
        case .conclude: .finish
        case .findBlob, .findAtSource: .share
        case .fetchManifest, .fetchSource, .listReferrers: .discover
        case .fetchRoot, .resolveSource: .begin
        case .readBlob: .move
        }
    }

    var bytesMoved: Int64? { if case .readBlob(_, let descriptor) = self { descriptor.size } else { nil } }

    var isPull: Bool {
        switch self {
        case .fetchRoot, .fetchSource, .fetchManifest: true
        default: false
        }
    }

    var mayReportPullAllowance: Bool { isPull || lanes.reading != nil }

    /// As for a copy's question.
    var mayIndicateOutage: Bool { if case .listReferrers = self { false } else { true } }
}

/// The answer to a request of an audit.
enum AuditAnswer: Sendable {
    case manifest(ManifestContent)
    /// nil: there is none.
    case summary(ManifestSummary?)
    case referrers(ReferrerList)
    /// The content is correct.
    case right
    /// The counts of an image's layers.
    case tally(LayerTally)
}
