// SPDX-License-Identifier: Apache-2.0

import BatchList
import Content
import OCI
import Planning
import Reporting
import TransferEngine

/// The part of a list one machine does, with what a merge of the parts' reports has to know.
struct ShardedItems: Sendable {
    var shard: Shard
    /// What this machine is to do.
    var listed: ListedItems
    /// What this machine takes for the parts of others.
    var elsewhere: [ItemName]
    var planDigest: Digest

    /// For this machine's report.
    var part: RunReport.Part {
        RunReport.Part(index: shard.index, count: shard.count, plan: planDigest.text, elsewhere: elsewhere)
    }
}

extension ListedItems {
    /// This machine's part: reads every manifest at its source and divides the list by what was read.
    ///
    /// Items of the part are pinned to the digest that was read, so that what is copied is what was planned. A line whose
    /// tags could not be listed stays in every part: no machine knows what it misses.
    func part(
        _ shard: Shard, _ platforms: PlatformChoice?, _ settings: TransferSettings, _ connections: Connections,
        _ console: Console
    ) async -> ShardedItems {
        let run = Array(transferItems(platforms))
        let survey = await survey(run, settings, connections, console)
        let plan = ShardPlan(survey, items: run, names: keys, shards: shard.count)
        let mine = plan.items(of: shard)
        var part = ListedItems(
            items: DerivedList(mine.map { items[$0] }), failed: failed.filter { $0.isReported(by: shard) })
        part.pins = mine.map { plan.survey.items[$0].source }
        let names = names
        let isMine = Set(mine)
        console.note(
            "shard \(shard): \(mine.count) of \(Quantity.count(items.count, "item")), "
                + "\(Quantity.bytes(plan.bytes(of: mine))) of \(Quantity.bytes(plan.bytes(of: Array(items.indices)))); "
                + "plan \(plan.digest.short)")
        let movable = items.count { $0.source.digest == nil }
        if movable > 0 {
            console.note(
                "\(Quantity.count(movable, "item")) by tag: a tag that moves between the shards' plans can leave its item to "
                    + "nobody; report merge names it, and plan --pinned rules it out")
        }
        let others = items.indices.filter { !isMine.contains($0) } + failedLines { !$0.isReported(by: shard) }
        return ShardedItems(shard: shard, listed: part, elsewhere: others.map { names[$0] }, planDigest: plan.digest)
    }

    /// Lines that failed, by their places among the names.
    private func failedLines(where isMeant: (FailedLine) -> Bool) -> [Int] {
        failed.indices.filter { isMeant(failed[$0]) }.map { items.count + $0 }
    }

    /// What the sources hold for these items.
    func survey(
        _ items: [TransferItem], _ settings: TransferSettings, _ connections: Connections, _ console: Console,
        tracker: ProgressTracker? = nil, meter: TransferMeter = TransferMeter()
    ) async -> Survey {
        console.note("planning: reading the manifests of \(Quantity.count(items.count, "item"))")
        var run = SurveyRun(
            items: items, settings: settings,
            paused: { store, pause in
                console.tellPause(of: store, for: pause)
                tracker?.pause(store, pause)
            },
            sources: connections.stores.source)
        run.meter = meter
        return await run.execute()
    }

    /// What tells each item from all others, on every machine.
    var keys: [String] {
        items.map { "\($0.source.asTyped)\t\($0.target.asTyped)" }
    }
}

extension ListedItems.FailedLine {
    fileprivate func isReported(by shard: Shard) -> Bool {
        guard case .nothingSelected = line.reason else { return true }
        return "\(line.entry.asTyped)\t\(line.targetName)".homeShard(of: shard.count) == shard.index
    }
}
