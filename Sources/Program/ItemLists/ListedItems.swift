// SPDX-License-Identifier: Apache-2.0

package import BatchList
import Content
package import OCI
package import Reporting
package import TransferEngine

/// The items of lists, and the lines that failed before they became items.
package struct ListedItems: Sendable {
    /// A line with a tag filter that gave no item.
    package struct FailedLine: Sendable {
        package var line: UnexpandedLine
        package var failure: TransferFailure

        package init(line: UnexpandedLine, failure: TransferFailure) {
            self.line = line
            self.failure = failure
        }

        package var name: ItemName { ItemName(source: line.entry.asTyped, target: line.targetName) }
    }

    package var items: DerivedList<BatchItem>
    package var failed: [FailedLine]
    /// For each item, the digest that its source's tag named when it was read beforehand; empty if nothing was read. An
    /// item is copied by this digest.
    package var pins: [Digest?] = []

    package init(items: DerivedList<BatchItem>, failed: [FailedLine] = []) {
        self.items = items
        self.failed = failed
    }

    package var isEmpty: Bool { items.isEmpty && failed.isEmpty }

    /// The names of the items, then those of the lines that failed.
    package var names: DerivedList<ItemName> {
        items.derive { ItemName(source: $0.source.asTyped, target: $0.target.asTyped) }
            + DerivedList(failed.map(\.name))
    }

    /// The items as copies, each with a source and a target.
    package func transferItems(_ platforms: PlatformChoice?) -> DerivedList<TransferItem> {
        DerivedList(count: items.count) { [items, pins] position in
            let item = items[position]
            var source = item.source.endpoint
            source.digest = source.digest ?? (position < pins.count ? pins[position] : nil)
            var target = item.target.endpoint
            // This digest is that of the source's index, which does not arrive.
            if platforms?.replacesIndex == true { target.digest = nil }
            return TransferItem(source: source, target: target, platforms: platforms)
        }
    }

    /// The work of a run over these items, and the reports of the lines that failed.
    ///
    /// - Parameter report: the path of the report that the run will write; nil: no report.
    package func work(_ platforms: PlatformChoice?, reportedTo report: String?) -> BatchWork {
        let runnable = transferItems(platforms)
        return BatchWork(
            runnable: runnable, items: runnable + DerivedList(failed.map(\.transferItem)), names: names,
            failureReports: zip(items.count..., failed).map { id, line in
                ItemReport(
                    item: id, outcome: .failed(line.failure), mediaType: nil, counts: BlobCounts(),
                    attempts: line.failure.attempts, duration: .zero)
            }, reportedTo: report)
    }
}

extension ListedItems.FailedLine {
    /// The corresponding item of a run.
    var transferItem: TransferItem {
        let source = line.entry.source
        let place = TransferEndpoint(
            store: StoreID(source.registry), repository: source.repository, tag: nil, digest: nil)
        let target = (try? Reference(parsing: line.targetName))?.endpoint ?? place
        return TransferItem(source: place, target: target)
    }
}

extension Reference {
    /// This reference as an end of a copy. Its registry is the store.
    package var endpoint: TransferEndpoint {
        TransferEndpoint(store: StoreID(registry), repository: repository, tag: tag, digest: digest)
    }
}

extension FailureLine {
    /// - Parameter failure: nil if the run ended before the item.
    package init(_ name: ItemName, _ failure: TransferFailure?) {
        self.init(
            source: name.source, target: name.target,
            kind: failure?.cause.kind.rawValue ?? ContentFailure.Kind.cancelled.rawValue,
            message: failure?.description ?? "the run ended before this item")
    }
}

extension UnexpandedLine {
    /// Why the line gave no item.
    ///
    /// - Parameter listing: the tags of its source, or why they could not be listed; nil if the source was not asked.
    package func failure(_ listing: Result<[OCI.Tag], TransferFailure>?) -> TransferFailure {
        if case .failure(let failure) = listing { return failure }
        guard case .nothingSelected(let count) = reason else { return TransferFailure(.cancelled, side: .source) }
        return TransferFailure(
            ContentFailure(
                .notFound,
                "\"\(entry.filter)\" selects none of the \(Quantity.count(count, "tag")) of \(entry.source)"),
            side: .source)
    }
}
