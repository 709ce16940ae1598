// SPDX-License-Identifier: Apache-2.0

import BatchList
package import OCI
package import Planning
package import Reporting
package import TransferEngine

/// The part of a list that one machine copies, and what a merge of the machines' reports needs.
package struct ShardedItems: Sendable {
    package let shard: Shard
    /// The items of this machine, each pinned to the digest that was read, so that the run copies what was planned. A
    /// line whose tags could not be listed is in every machine's part, because no machine knows its items.
    package let listed: ListedItems
    /// The items that this machine leaves to others.
    package let elsewhere: [ItemName]
    package let planDigest: Digest
    /// Messages about the division, one line each.
    package let notes: [String]

    /// Divides a list by what its sources contain.
    ///
    /// - Parameters:
    ///   - run: the list's items as copies, in the order of the list.
    ///   - survey: what was read from their sources.
    package init(_ shard: Shard, of whole: ListedItems, run: [TransferItem], survey: Survey) {
        let plan = ShardPlan(survey, items: run, names: whole.keys, shards: shard.count)
        let mine = plan.items(of: shard)
        var part = ListedItems(
            items: DerivedList(mine.map { whole.items[$0] }), failed: whole.failed.filter { $0.isReported(by: shard) })
        part.pins = mine.map { plan.survey.items[$0].source }
        self.shard = shard
        listed = part
        elsewhere = whole.names(except: Set(mine), shard: shard)
        planDigest = plan.digest
        notes = whole.notes(of: mine, shard: shard, plan: plan)
    }

    /// The part of the list, for this machine's report.
    package var part: RunReport.Part {
        RunReport.Part(index: shard.index, count: shard.count, plan: planDigest.text, elsewhere: elsewhere)
    }
}

extension ListedItems {
    /// A unique name for each item, the same on every machine.
    package var keys: [String] {
        items.map { "\($0.source.asTyped)\t\($0.target.asTyped)" }
    }

    fileprivate func names(except mine: Set<Int>, shard: Shard) -> [ItemName] {
        let names = names
        let lines = failed.indices.filter { !failed[$0].isReported(by: shard) }.map { items.count + $0 }
        return (items.indices.filter { !mine.contains($0) } + lines).map { names[$0] }
    }

    fileprivate func notes(of mine: [Int], shard: Shard, plan: ShardPlan) -> [String] {
        let share =
            "shard \(shard): \(mine.count) of \(Quantity.count(items.count, "item")), "
            + "\(Quantity.bytes(plan.bytes(of: mine))) of \(Quantity.bytes(plan.bytes(of: Array(items.indices)))); "
            + "plan \(plan.digest.short)"
        let movable = items.count { $0.source.digest == nil }
        guard movable > 0 else { return [share] }
        return [
            share,
            "items named by tag: \(movable). If a tag moves while the shards are planning, no shard may copy its item. "
                + "report merge lists such items; plan --pinned prevents this",
        ]
    }
}

extension ListedItems.FailedLine {
    /// Whether this machine reports the line. Every machine has the line, but only one of them reports a filter that
    /// selects nothing.
    fileprivate func isReported(by shard: Shard) -> Bool {
        guard case .nothingSelected = line.reason else { return true }
        return "\(line.entry.asTyped)\t\(line.targetName)".homeShard(of: shard.count) == shard.index
    }
}
