// SPDX-License-Identifier: Apache-2.0

package import Content
package import OCI

/// What an audit found under one reference.
package struct AuditReport: Sendable {
    package var status: AuditStatus
    /// What the target has under the item's name; nil where it has nothing, or did not say.
    package var digest: Digest?
    package var findings: AuditFindings

    package var isComplete: Bool { status == .whole }
}

extension AuditReport {
    /// Of an image that could not be looked at.
    package init(failure: TransferFailure) {
        self.init(status: .failed, digest: nil, findings: AuditFindings(failure))
    }
}

/// What an audit found of one of its items.
package struct ItemAudit: Sendable {
    package var item: ItemID
    package var report: AuditReport

    package init(item: ItemID, report: AuditReport) { (self.item, self.report) = (item, report) }
}

/// What the target's state is, seen from the source.
package enum AuditStatus: String, Sendable, CaseIterable {
    /// The target has what the source has, with everything it consists of.
    case whole
    /// The target has what the source had: the tag at the source names something else by now.
    case moved
    /// The target has something that the source does not have.
    case different
    /// The target has the right manifest, and not everything below it.
    case incomplete
    /// The target has nothing under the item's name.
    case absent
    /// One side did not answer, so that nothing is known.
    case failed
}

/// What was looked at, and what was wrong with it.
package struct AuditFindings: Sendable {
    package var manifests = 0
    package var blobs = 0
    /// Bytes read for this one; what was read for another is not read again.
    package var bytesRead: Int64 = 0
    /// Of each manifest; two that share a layer count it twice.
    package var layers = LayerTally()
    /// The first of them; a broken repository has one for every blob.
    package private(set) var problems: [TransferFailure] = []
    package private(set) var problemCount = 0

    package static let problemsKept = 20

    package init() {}

    init(_ problem: TransferFailure) { add(problem) }

    mutating func add(_ problem: TransferFailure) {
        problemCount += 1
        if problems.count < Self.problemsKept { problems.append(problem) }
    }

    /// The same, seen by another one: nothing was read for it.
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

/// An image to look at.
package struct AuditItem: Sendable {
    /// What the target must be equal to; nil: whatever is there must be whole.
    package var source: TransferEndpoint?
    package var target: TransferEndpoint
    /// What must be at the target of an index at the source; nil: all of it.
    package var platforms: PlatformChoice?

    package init(source: TransferEndpoint?, target: TransferEndpoint, platforms: PlatformChoice? = nil) {
        self.source = source
        self.target = target
        self.platforms = platforms
    }
}
