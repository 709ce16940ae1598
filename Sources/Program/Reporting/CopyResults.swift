// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
package import TransferEngine

/// How the copies of `cp` and related commands ended, in the words of their last lines.
package struct CopyResults: Sendable {
    private let items: [CopyLog.Item]
    private let reports: [ItemReport?]
    private let keepsExistingTags: Bool

    /// - Parameters:
    ///   - reports: what the run returned for `items`.
    ///   - keepsExistingTags: whether the run was told to leave existing tags alone. Then a kept tag is expected.
    package init(_ reports: [ItemReport?], of items: [CopyLog.Item], keepsExistingTags: Bool = false) {
        self.items = items
        self.reports = reports
        self.keepsExistingTags = keepsExistingTags
    }

    // MARK: - One item

    /// The digest that the target has; nil if the item failed or did not end.
    package func digest(of item: Int) -> Digest? {
        switch reports[item]?.outcome {
        case .copied(let digest), .unchanged(let digest), .kept(let digest, _): digest
        case .failed, nil: nil
        }
    }

    /// The descriptor of an item's image in the source's index; nil if the image was not chosen from an index.
    package func chosen(of item: Int) -> Descriptor? { reports[item]?.chosen }

    /// Why an item did not arrive, without a prefix.
    package func cause(of item: Int) -> String {
        guard let failure = reports[item]?.failure, failure.cause.kind != .cancelled else {
            return ItemReport.interruption
        }
        return failure.cause.message
    }

    // MARK: - The first item

    /// The error line's text, or nil if the item arrived. The text says if the source's manifest could not be read.
    package var failure: String? {
        guard let report = reports.first ?? nil else { return ItemReport.interruption }
        return report.failure.map { report.text(of: $0, called: items[0].source) }
    }

    package var hint: String? { firstFailure?.cause.hint }

    /// Whether the first item failed because the engine does not copy its kind of manifest.
    package var isUnsupported: Bool {
        firstFailure.map { $0.side == .source && $0.cause.kind == .unsupported } ?? false
    }

    private var firstFailure: TransferFailure? { (reports.first ?? nil)?.failure }

    // MARK: - All items

    /// The number of items for each outcome.
    package struct Summary: Sendable, Equatable {
        package var copied = 0
        package var unchanged = 0
        /// Not copied, because the target has something else under the tag.
        package var kept = 0
        /// Not copied, because the target has the tag, and existing tags stay. What the tag names was not asked.
        package var skipped = 0
        package var failed = 0
        /// Not tried, or cancelled.
        package var undone = 0

        package var total: Int { copied + unchanged + kept + skipped + failed + undone }

        /// `7 images: 5 copied, 1 already there, 1 failed`
        package var text: String {
            let parts = [
                (copied, "copied"), (unchanged, "already there"), (kept, "kept"), (skipped, "skipped"),
                (failed, "failed"), (undone, "not copied"),
            ]
            let shown = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            return "\(total) \(total == 1 ? "image" : "images"): \(shown.isEmpty ? "nothing to do" : shown)"
        }
    }

    package var summary: Summary {
        reports.reduce(into: Summary()) { summary, report in
            switch report?.outcome {
            case .copied: summary.copied += 1
            case .kept: if keepsExistingTags { summary.skipped += 1 } else { summary.kept += 1 }
            case .unchanged: summary.unchanged += 1
            case .failed(let failure) where failure.cause.kind != .cancelled: summary.failed += 1
            case .failed, nil: summary.undone += 1
            }
        }
    }
}

extension ItemReport {
    fileprivate static let interruption = "interrupt signal received"

    /// The text of a failure for an error line.
    ///
    /// - Parameter source: the name of the item's source.
    func text(of failure: TransferFailure, called source: String) -> String {
        if failure.cause.kind == .cancelled { return Self.interruption }
        let isFetching = failure.side == .source && !rootWasRead
        return (isFetching ? "fetching \"\(source)\": " : "") + failure.cause.message
    }
}
