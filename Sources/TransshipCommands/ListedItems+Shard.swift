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
}

extension ListedItems {
    /// This machine's part: reads every manifest at its source and divides the list by what was read.
    ///
    /// Items of the part are pinned to the digest that was read, so that what is copied is what was planned. A line whose
    /// tags could not be listed stays in every part: no machine knows what it misses.
    func part(
        _ shard: Shard, _ platform: Platform?, _ settings: TransferSettings, _ connections: Connections,
        _ console: Console
    ) async -> ShardedItems {
        let run = Array(transferItems(platform).prefix(items.count))
        let plan = await plan(run, shards: shard.count, settings, connections, console)
        let mine = plan.items(of: shard)
        var part = ListedItems(items: [], failed: failed.filter { $0.isReported(by: shard) })
        for position in mine {
            part.items.append(items[position])
            part.pins.append(plan.survey.items[position].source)
        }
        let names = names
        let isMine = Set(mine)
        console.note(
            "shard \(shard): \(mine.count) of \(Quantity.count(items.count, "item")), "
                + "\(Quantity.bytes(plan.bytes(of: mine))) of \(Quantity.bytes(plan.bytes(of: Array(items.indices)))); "
                + "plan \(plan.digest.short)")
        return ShardedItems(
            shard: shard, listed: part, elsewhere: items.indices.filter { !isMine.contains($0) }.map { names[$0] },
            planDigest: plan.digest)
    }

    private func plan(
        _ run: [TransferItem], shards: Int, _ settings: TransferSettings, _ connections: Connections, _ console: Console
    ) async -> ShardPlan {
        console.note("planning: reading the manifests of \(Quantity.count(run.count, "item"))")
        let survey = SurveyRun(
            items: run, settings: settings,
            paused: { store, pause in console.note("waiting \(Quantity.time(pause)) for \(store), as it asked") },
            stores: connections.stores)
        let keys = names.map { "\($0.source)\t\($0.target)" }
        return ShardPlan(await survey.execute(), items: run, names: Array(keys.prefix(run.count)), shards: shards)
    }
}

extension ListedItems.FailedLine {
    fileprivate func isReported(by shard: Shard) -> Bool {
        guard case .nothingSelected = line.reason else { return true }
        return "\(line.entry.asTyped)\t\(line.targetName)".homeShard(of: shard.count) == shard.index
    }
}
