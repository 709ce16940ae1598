// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// The result of an audit of one reference.
package struct AuditReport: Sendable {
    package var status: AuditStatus
    /// The digest that the target has under the item's name; nil if it has none, or did not answer.
    package var digest: Digest?
    package var findings: AuditFindings

    package var isComplete: Bool { status == .whole }
}

extension AuditReport {
    /// The report of an image that could not be checked.
    package init(failure: TransferFailure) {
        self.init(status: .failed, digest: nil, findings: AuditFindings(failure))
    }
}

/// An audit's result for one item.
package struct ItemAudit: Sendable {
    package var item: ItemID
    package var report: AuditReport

    package init(item: ItemID, report: AuditReport) { (self.item, self.report) = (item, report) }
}

/// The state of the target, compared with the source.
package enum AuditStatus: String, Sendable, CaseIterable {
    /// The target has what the source has, with everything it consists of.
    case whole
    /// The target has what the source's tag named before. The tag names another manifest now.
    case moved
    /// The target has something that the source does not have.
    case different
    /// The target has the right manifest, but content below it is missing or damaged.
    case incomplete
    /// The target has nothing under the item's name.
    case absent
    /// One side did not answer, so the state is unknown.
    case failed
}

/// What was checked, and the problems that were found.
package struct AuditFindings: Sendable {
    package var manifests = 0
    package var blobs = 0
    /// Bytes read for this item. Content that was read for another item does not count here.
    package var bytesRead: Int64 = 0
    /// The layers of all manifests. A layer that two manifests share counts twice.
    package var layers = LayerTally()
    /// The first problems. A broken repository would have one for every blob.
    package private(set) var problems: [TransferFailure] = []
    package private(set) var problemCount = 0

    package static let problemsKept = 20

    package init() {}

    init(_ problem: TransferFailure) { add(problem) }

    mutating func add(_ problem: TransferFailure) {
        problemCount += 1
        if problems.count < Self.problemsKept { problems.append(problem) }
    }

    /// The same findings for another item, for which nothing was read.
    var again: AuditFindings {
        var again = self
        again.bytesRead = 0
        return again
    }

    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum += right
        return sum
    }

    static func += (left: inout Self, right: Self) {
        left.manifests += right.manifests
        left.blobs += right.blobs
        left.bytesRead.add(saturating: right.bytesRead)
        left.layers += right.layers
        left.problems += right.problems.prefix(problemsKept - left.problems.count)
        left.problemCount += right.problemCount
    }
}

/// An image to check.
package struct AuditItem: Sendable {
    /// What the target must be equal to. nil: any image at the target is accepted, but it must be complete.
    package var source: TransferEndpoint?
    package var target: TransferEndpoint
    /// The platforms of the source's index that must be at the target. nil: all.
    package var platforms: PlatformChoice?

    package init(source: TransferEndpoint?, target: TransferEndpoint, platforms: PlatformChoice? = nil) {
        self.source = source
        self.target = target
        self.platforms = platforms
    }
}
