// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import OCI
import Reporting
import TransferEngine

/// What lists come to: items to copy, and lines that failed before they became items.
struct ListedItems: Sendable {
    /// A line with a tag filter that gave no item.
    struct FailedLine: Sendable {
        var line: UnexpandedLine
        var failure: TransferFailure
    }

    var items: DerivedList<BatchItem>
    var failed: [FailedLine]
    /// What the sources' tags named when they were read, where they were read beforehand: an item is copied by it.
    var pins: [Digest?] = []

    /// Of the items, then of the lines that failed.
    var names: DerivedList<ItemName> {
        items.derive { ItemName(source: $0.source.asTyped, target: $0.target.asTyped) }
            + DerivedList(failed.map { ItemName(source: $0.line.entry.asTyped, target: $0.line.targetName) })
    }

    /// The items as ends of copies.
    func transferItems(_ platforms: PlatformChoice?) -> DerivedList<TransferItem> {
        DerivedList(count: items.count) { [items, pins] position in
            let item = items[position]
            var source = item.source.endpoint
            source.digest = source.digest ?? (position < pins.count ? pins[position] : nil)
            var target = item.target.endpoint
            // The digest is that of the source's index, which does not arrive.
            if platforms?.replacesIndex == true { target.digest = nil }
            return TransferItem(source: source, target: target, platforms: platforms)
        }
    }

    /// An empty list is more often a mistake before this program than a wish.
    func warnIfEmpty(_ console: Console) {
        if items.isEmpty, failed.isEmpty { console.note("warning: the lists name no image") }
    }

    func work(_ platforms: PlatformChoice?) -> BatchWork {
        let runnable = transferItems(platforms)
        return BatchWork(
            runnable: runnable, items: runnable + DerivedList(failed.map(\.transferItem)), names: names,
            failureReports: zip(items.count..., failed).map { id, line in
                ItemReport(
                    item: id, outcome: .failed(line.failure), mediaType: nil, counts: BlobCounts(),
                    attempts: line.failure.attempts, duration: .zero)
            })
    }
}

/// A run's items and how they are told about.
struct BatchWork: Sendable {
    /// What a run can copy.
    var runnable: DerivedList<TransferItem>
    /// `runnable`, then a stand-in for each line that failed before it became an item.
    var items: DerivedList<TransferItem>
    /// Of `items`.
    var names: DerivedList<ItemName>
    /// The ends of the stand-ins.
    var failureReports: [ItemReport]
    /// Follows the run to write it down.
    let collector: ReportCollector

    init(
        runnable: DerivedList<TransferItem>, items: DerivedList<TransferItem>, names: DerivedList<ItemName>,
        failureReports: [ItemReport]
    ) {
        self.runnable = runnable
        self.items = items
        self.names = names
        self.failureReports = failureReports
        collector = ReportCollector(items: items, names: names)
    }
}

extension ListedItems.FailedLine {
    fileprivate var transferItem: TransferItem {
        let source = line.entry.source
        let place = TransferEndpoint(
            store: StoreID(source.registry), repository: source.repository, tag: nil, digest: nil)
        let target = (try? Reference(parsing: line.targetName))?.endpoint ?? place
        return TransferItem(source: place, target: target)
    }
}

extension ReadLists {
    /// The items of the lists, tag filters expanded: each repository is listed once, many at the same time.
    ///
    /// - Throws: `CommandFailure` where the expansion brings to light two lines that write one tag.
    func items(
        _ connections: Connections, _ settings: TransferSettings, _ console: Console
    ) async throws -> ListedItems {
        let repositories = repositoriesToList
        guard !repositories.isEmpty else { return ListedItems(items: DerivedList(plain.items), failed: []) }
        let listing = TagListing(
            settings: settings.requests,
            paused: console.tellPause,
            sources: connections.stores.source)
        let found = await listing.tags(of: repositories.map(\.place))
        var tags: [SourceRepository: [OCI.Tag]] = [:]
        for repository in repositories { tags[repository] = try? found[repository.place]?.get() }
        let expanded = try batchItems(tags: tags)
        return ListedItems(
            items: DerivedList(expanded.items),
            failed: expanded.unexpanded.map { line in
                ListedItems.FailedLine(line: line, failure: line.failure(found[line.entry.source.place]))
            })
    }
}

extension SourceRepository {
    var place: SourcePlace { SourcePlace(StoreID(registry), repository) }
}

extension UnexpandedLine {
    fileprivate func failure(_ listing: Result<[OCI.Tag], TransferFailure>?) -> TransferFailure {
        if case .failure(let failure) = listing { return failure }
        guard case .nothingSelected(let count) = reason else { return TransferFailure(.cancelled, side: .source) }
        return TransferFailure(
            ContentFailure(
                .notFound,
                "\"\(entry.filter)\" selects none of the \(Quantity.count(count, "tag")) of \(entry.source)"),
            side: .source)
    }
}
