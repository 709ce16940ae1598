// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// The outcome of one image of a run.
///
/// ```swift
/// if case .copied(let digest) = result.outcome { print(result.item.target, "is", digest) }
/// ```
public enum CopyOutcome: Hashable, Sendable {
    /// The target has the image now: this manifest, with everything that it reaches.
    case copied(Digest)
    /// The target already had this manifest under the name.
    case unchanged(Digest)
    /// The target has another manifest under the tag, which was kept as requested.
    ///
    /// - Parameter offered: the source's digest; nil if the source was not asked, or did not answer.
    case kept(Digest, offered: Digest?)
    /// The image is not at the target, or only a part of it is, and its tag was not set. Blobs that arrived stay, and a
    /// later run sends only what is missing. This is also the outcome of an image that had not begun when the task was
    /// cancelled, with ``TransshipError/attempts`` 0.
    case failed(TransshipError)
}

/// The outcome of one image of a run, and the work that was done.
///
/// ```swift
/// for result in results where result.error != nil { print(result.item.source, result.error?.hint ?? "") }
/// ```
public struct CopyResult: Sendable {
    /// The position of the item in the run, from 0.
    public let position: Int
    /// The item that was to be copied.
    public let item: CopyItem
    /// The outcome.
    public let outcome: CopyOutcome
    /// What happened to the image's blobs. A blob that several images share counts for the one that first needed it in its
    /// repository.
    public let blobs: BlobCounts
    /// The time from the beginning of the image's copy to its end.
    public let duration: Duration

    /// Why the image failed; nil if it did not fail.
    public var error: TransshipError? { if case .failed(let error) = outcome { error } else { nil } }
}

/// Counts of what happened to blobs.
public struct BlobCounts: Hashable, Sendable {
    /// The number of blobs whose bytes were sent.
    public let sent: Int
    /// The number of blobs that the target mounted from another of its repositories, without moving bytes.
    public let mounted: Int
    /// The number of blobs that the target's repository already had.
    public let present: Int
    /// Bytes of blobs that were sent.
    public let bytesSent: Int64
}

extension CopyResult {
    init(_ report: ItemReport, of item: CopyItem) {
        self.init(
            position: report.item, item: item, outcome: CopyOutcome(report.outcome), blobs: BlobCounts(report.counts),
            duration: report.duration)
    }

    /// The result of an item that had not begun when the run was stopped.
    init(notBegun item: CopyItem, at position: Int) {
        self.init(
            position: position, item: item,
            outcome: .failed(TransshipError(.cancelled, "the run was stopped before this image")),
            blobs: BlobCounts(TransferEngine.BlobCounts()), duration: .zero)
    }
}

extension CopyOutcome {
    init(_ outcome: ItemOutcome) {
        self =
            switch outcome {
            case .copied(let digest): .copied(Digest(digest))
            case .unchanged(let digest): .unchanged(Digest(digest))
            case .kept(let digest, let offered): .kept(Digest(digest), offered: offered.map { Digest($0) })
            case .failed(let failure): .failed(TransshipError(failure))
            }
    }
}

extension BlobCounts {
    init(_ counts: TransferEngine.BlobCounts) {
        self.init(
            sent: counts.sent, mounted: counts.mounted, present: counts.present, bytesSent: counts.bytesSent)
    }
}
