// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// How an image of a run ended.
///
/// ```swift
/// if case .copied(let digest) = result.outcome { print(result.item.target, "is", digest) }
/// ```
public enum CopyOutcome: Hashable, Sendable {
    /// The target has the image now: this manifest, with all it reaches.
    case copied(Digest)
    /// The target had this manifest there already.
    case unchanged(Digest)
    /// The target has another manifest under the tag, which was left alone as asked.
    ///
    /// - Parameter offered: what the source has; nil where it was not asked, or did not say.
    case kept(Digest, offered: Digest?)
    /// The image is not at the target, or only in part: its tag was not set. Blobs that arrived stay, and a later run sends
    /// only what is missing. An image that had not begun when the task was cancelled ends so, too, with
    /// ``TransshipError/attempts`` 0.
    case failed(TransshipError)
}

/// How one image of a run ended, and what that took.
///
/// ```swift
/// for result in results where result.error != nil { print(result.item.source, result.error?.hint ?? "") }
/// ```
public struct CopyResult: Sendable {
    /// The position of the item in the run, from 0.
    public let position: Int
    /// What was to be copied.
    public let item: CopyItem
    /// How it ended.
    public let outcome: CopyOutcome
    /// What happened to the image's blobs. A blob that several images share counts for the one that first needed it in its
    /// repository.
    public let blobs: BlobCounts
    /// From the beginning of the image to its end.
    public let duration: Duration

    /// Why the image failed; nil where it did not.
    public var error: TransshipError? { if case .failed(let error) = outcome { error } else { nil } }
}

/// What happened to blobs, in numbers.
public struct BlobCounts: Hashable, Sendable {
    /// Blobs whose bytes were sent.
    public let sent: Int
    /// Blobs that the target took over from another of its repositories: no byte moved.
    public let mounted: Int
    /// Blobs that the target's repository had.
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

    /// An item that had not begun when the run was stopped.
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
