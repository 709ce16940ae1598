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

    var items: [BatchItem]
    var failed: [FailedLine]
    /// What the sources' tags named when they were read, where they were read beforehand: an item is copied by it.
    var pins: [Digest?] = []

    /// Of the items, then of the lines that failed.
    var names: [ItemName] {
        items.map { ItemName(source: $0.source.asTyped, target: $0.target.asTyped) }
            + failed.map { ItemName(source: $0.line.entry.asTyped, target: $0.line.targetName) }
    }

    /// The items, then a stand-in for each line that failed; only the items can be run.
    func transferItems(_ platform: Platform?) -> [TransferItem] {
        items.indices.map { position in
            var source = items[position].source.endpoint
            source.digest = source.digest ?? (position < pins.count ? pins[position] : nil)
            return TransferItem(source: source, target: items[position].target.endpoint, platform: platform)
        } + failed.map(\.transferItem)
    }

    /// The ends of the lines that failed, numbered after the items.
    var failureReports: [ItemReport] {
        zip(items.count..., failed).map { id, line in
            ItemReport(
                item: id, outcome: .failed(line.failure), mediaType: nil, counts: BlobCounts(),
                attempts: line.failure.attempts, duration: .zero)
        }
    }
}

extension ListedItems.FailedLine {
    fileprivate var transferItem: TransferItem {
        let source = line.entry.source
        let place = TransferEndpoint(
            store: StoreID(source.registry.name), repository: source.repository, tag: nil, digest: nil)
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
        let repositories = parser.repositoriesToList
        guard !repositories.isEmpty else { return ListedItems(items: try batchItems(tags: [:]).items, failed: []) }
        let listing = TagListing(
            settings: settings,
            paused: { store, pause in console.note("waiting \(Quantity.time(pause)) for \(store), as it asked") },
            stores: connections.stores)
        let found = await listing.tags(of: repositories.map(\.place))
        var tags: [SourceRepository: [OCI.Tag]] = [:]
        for repository in repositories { tags[repository] = try? found[repository.place]?.get() }
        let expanded = try batchItems(tags: tags)
        return ListedItems(
            items: expanded.items,
            failed: expanded.unexpanded.map { line in
                ListedItems.FailedLine(line: line, failure: line.failure(found[line.entry.source.place]))
            })
    }
}

extension SourceRepository {
    var place: SourcePlace { SourcePlace(StoreID(registry.name), repository) }
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
