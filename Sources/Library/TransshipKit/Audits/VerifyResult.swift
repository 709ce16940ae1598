// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// The state of an image at its target.
public enum VerifyStatus: String, Hashable, Sendable {
    /// The target has what the source has, and it is complete. Without a source: the image is complete.
    case whole
    /// The target has what the source's tag named before. The tag names another manifest now.
    case moved
    /// The target has a manifest that the source does not have.
    case different
    /// The target has the right manifest, but content below it is missing or damaged.
    case incomplete
    /// The target has nothing under this name.
    case absent
    /// Unknown, because one side did not answer.
    case failed
}

/// The result of verifying one image.
///
/// ```swift
/// for result in results where result.status != .whole { print(result.target, result.status, result.problems) }
/// ```
public struct VerifyResult: Sendable {
    /// The position of the image in the run, from 0.
    public let position: Int
    /// What the target must be equal to; nil if the image was verified without a source.
    public let source: ImageReference?
    /// Where the image should be.
    public let target: ImageReference
    /// The state of the image at the target.
    public let status: VerifyStatus
    /// The digest of the manifest that the target has under this name; nil if it has none, or did not answer.
    public let digest: Digest?
    /// The first 20 problems.
    public let problems: [TransshipError]
    /// The number of all problems.
    public let problemCount: Int
}

/// An event of a verification. New cases may be added, so a `switch` needs a `default`.
public enum VerifyEvent: Sendable {
    /// A registry asked for a pause or does not answer. No request is sent to it for this long.
    case paused(registry: String, for: Duration)
    /// An image has been verified. There is exactly one such event for each image, unless the task is cancelled.
    case itemFinished(VerifyResult)
}

/// An image to verify.
struct VerifySubject: Sendable {
    let source: ImageReference?
    let target: ImageReference
    let item: AuditItem

    init(_ item: CopyItem) { (source, target, self.item) = (item.source, item.target, item.auditItem) }

    init(_ image: ImageReference) {
        (source, target, item) = (nil, image, AuditItem(source: nil, target: image.endpoint))
    }
}

extension VerifyResult {
    init(_ report: AuditReport, of subject: VerifySubject, at position: Int) {
        self.init(
            position: position, source: subject.source, target: subject.target, status: VerifyStatus(report.status),
            digest: report.digest.map { Digest($0) },
            problems: report.findings.problems.map { TransshipError($0) }, problemCount: report.findings.problemCount)
    }

    /// The result of an image whose verification had not ended when the task was cancelled.
    init(stopped subject: VerifySubject, at position: Int) {
        let problem = TransshipError(.cancelled, "the run was stopped before this image was looked at")
        self.init(
            position: position, source: subject.source, target: subject.target, status: .failed, digest: nil,
            problems: [problem], problemCount: 1)
    }
}

extension VerifyStatus {
    fileprivate init(_ status: AuditStatus) {
        switch status {
        case .whole: self = .whole
        case .moved: self = .moved
        case .different: self = .different
        case .incomplete: self = .incomplete
        case .absent: self = .absent
        case .failed: self = .failed
        }
    }
}
