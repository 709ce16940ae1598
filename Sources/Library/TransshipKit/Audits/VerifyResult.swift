// SPDX-License-Identifier: Apache-2.0

import TransferEngine

/// What a target has in the place of an image.
public enum VerifyStatus: String, Hashable, Sendable {
    /// What the source has, with everything it consists of; without a source, an image with everything it consists of.
    case whole
    /// What the source had: the source's tag names something else by now.
    case moved
    /// Something that the source does not have.
    case different
    /// The right manifest, and not everything below it.
    case incomplete
    /// Nothing under this name.
    case absent
    /// Not known: one side did not answer.
    case failed
}

/// What was found where an image should be.
///
/// ```swift
/// for result in results where result.status != .whole { print(result.target, result.status, result.problems) }
/// ```
public struct VerifyResult: Sendable {
    /// The position of the image in the run, from 0.
    public let position: Int
    /// What the target must be equal to; nil where the image was looked at for itself.
    public let source: ImageReference?
    /// Where the image should be.
    public let target: ImageReference
    /// What the target has.
    public let status: VerifyStatus
    /// The manifest that the target has under this name; nil where it has none, or did not say.
    public let digest: Digest?
    /// What was wrong, the first 20 of it.
    public let problems: [TransshipError]
    /// How much was wrong.
    public let problemCount: Int
}

/// What a verification tells while it goes on. New cases may be added: have a `default`.
public enum VerifyEvent: Sendable {
    /// A registry asked for a pause or does not answer: nothing is asked of it for this long.
    case paused(registry: String, for: Duration)
    /// An image has been looked at. Each image has one of these, and only one, unless the task is cancelled.
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

    /// An image that was not looked at to the end when the task was cancelled.
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
