// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import ItemLists
import OCI
import Planning
import Reporting
import TransferEngine

/// What a command needs to send requests before its run begins: the settings, the connections, and the console.
struct RunContext {
    var settings: TransferSettings
    let connections: Connections
    let console: Console
}

extension ReadLists {
    /// The items of the lists, tag filters expanded: each repository is listed once, many at the same time.
    ///
    /// - Throws: `CommandFailure` if the expansion shows two lines that write the same tag.
    func items(in run: RunContext) async throws -> ListedItems {
        let repositories = repositoriesToList
        guard !repositories.isEmpty else { return ListedItems(items: DerivedList(plain.items)) }
        let listing = TagListing(
            settings: run.settings.requests,
            paused: run.console.tellPause(),
            sources: run.connections.stores.source)
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

extension ListedItems {
    /// Warns if the list is empty, because this is usually a mistake in what made the list.
    func warnIfEmpty(_ console: Console) {
        if isEmpty { console.note("warning: the lists name no image") }
    }

    /// The part of this machine. Reads every manifest at its source, and divides the list by what was read.
    func part(of shard: Shard, platforms: PlatformChoice?, in run: RunContext) async -> ShardedItems {
        let items = Array(transferItems(platforms))
        let part = ShardedItems(shard, of: self, run: items, survey: await run.survey(items))
        part.notes.forEach(run.console.note)
        return part
    }
}

extension RunContext {
    /// Reads what the sources contain for these items.
    func survey(
        _ items: [TransferItem], tracker: ProgressTracker? = nil, meter: TransferMeter = TransferMeter()
    ) async -> Survey {
        console.note("planning: reading the manifests of \(Quantity.count(items.count, "item"))")
        var run = SurveyRun(
            items: items, settings: settings, paused: console.tellPause(to: tracker),
            sources: connections.stores.source)
        run.meter = meter
        return await run.execute()
    }
}
