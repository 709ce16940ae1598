// SPDX-License-Identifier: Apache-2.0

import BatchList
package import Content
package import OCI
package import Planning
package import Reporting
package import TransferEngine

/// What `plan` found out about the items of a list.
package struct PlanResult: Sendable {
    package let listed: ListedItems
    package let platforms: PlatformChoice?
    /// What the sources contain; nil if `plan` read only what a run would read.
    package let survey: Survey?
    package let estimate: RunEstimate
    /// Items whose tag at the target is kept.
    private let kept: Set<Int>
    /// How the work is divided between machines, if that was asked for.
    package let plan: ShardPlan?
    /// How long each source took to answer.
    package let answerTimes: [StoreID: AnswerTime]
    /// How many pulls are left at the sources that count them.
    package var allowances: [StoreID: PullAllowance] = [:]
    /// The digest of the list that was planned.
    package var listDigest: Digest?

    /// - Parameters:
    ///   - items: the list's items as copies, in the order of the list.
    ///   - survey: what their sources contain; nil if not all of it was read. Then nothing is divided or pinned.
    ///   - run: what a run would do, as far as the targets said what they have.
    ///   - shards: the number of machines that would share the work; nil: it is not divided.
    package init(
        of listed: ListedItems, items: [TransferItem], survey: Survey?, dryRun run: DryRun.Result, shards: Int?
    ) {
        self.listed = listed
        platforms = items.first?.platforms
        self.survey = survey
        estimate = RunEstimate(run, items: items)
        kept = Set(run.outcomes.indices.filter { if case .kept? = run.outcomes[$0] { true } else { false } })
        plan = survey.flatMap { survey in
            shards.map { ShardPlan(survey, items: items, names: listed.keys, shards: $0) }
        }
        answerTimes = run.answerTimes.merging(survey?.answerTimes ?? [:], uniquingKeysWith: +)
    }

    /// The items whose source did not return what a run needs, and the lines that could not be turned into items.
    package var failures: [(name: ItemName, failure: TransferFailure)] {
        let names = listed.names
        let unreadable = listed.items.indices.compactMap { item in sourceFailure(of: item).map { (names[item], $0) } }
        return unreadable + zip(names.dropFirst(listed.items.count), listed.failed).map { ($0, $1.failure) }
    }

    /// Why a run could not copy this item; nil if it could. What the survey reads beyond a run's needs does not count.
    private func sourceFailure(of item: Int) -> TransferFailure? {
        estimate.uncopyable[item].map { survey?.items[item].failure ?? $0 }
    }

    /// Items whose target did not say what it has.
    package var unknown: [(name: ItemName, failure: TransferFailure)] {
        let names = listed.names
        return listed.items.indices.compactMap { item in estimate.unknown[item].map { (names[item], $0) } }
    }

    /// The exit status. An item whose target did not say what it has counts as unknown, whatever the target answered.
    package var status: ExitStatus {
        let work = listed.work(platforms, reportedTo: nil)
        return ExitStatus(work.names.indices.map(ending)) { ItemStores(work.items[$0]) }
    }

    private func ending(of item: Int) -> ItemEnding {
        guard item < listed.items.count else { return ItemEnding(listed.failed[item - listed.items.count].failure) }
        if estimate.unknown[item] != nil { return .open }
        if kept.contains(item) { return .kept }
        return ItemEnding(sourceFailure(of: item))
    }
}

extension PlanResult {
    /// The items as a list with digests, in which no tag can move any more. An item that could not be read stays as it
    /// was, with the reason.
    ///
    /// - Parameter shard: lists only its items. Lines that did not become items are in the list of shard 0.
    package func pinnedList(of shard: Int? = nil) -> String {
        let names = listed.names
        var lines: [String] = []
        for (position, item) in (survey?.items ?? []).enumerated()
        where shard == nil || plan?.shards[position] == shard {
            let (name, pin) = (names[position], pin(of: item))
            if let failure = sourceFailure(of: position) ?? (pin == nil ? item.failure : nil) {
                lines.append("\(FailureLine(name, failure))")
            } else if let pin, pin != listed.items[position].source.digest {
                let source = listed.items[position].source.unpinnedName
                lines.append("\(source)@\(pin) \(name.arrived(as: item.root).target)")
            } else {
                lines.append("\(name.source) \(name.target)")
            }
        }
        for (position, failed) in listed.failed.enumerated() where (shard ?? 0) == 0 {
            lines.append("\(FailureLine(names[listed.items.count + position], failed.failure))")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// With one platform, the digest of its image, because a run over the pinned list has no index to choose from.
    /// Otherwise the source's digest.
    private func pin(of item: Survey.Item) -> Digest? {
        platforms.map(\.wantsSingleImage) ?? true ? item.root : item.source
    }
}

extension Reference {
    /// The name as a list writes it, without the digest. For a layout it is the folder alone, because a layout takes
    /// either a tag or a digest.
    fileprivate var unpinnedName: String {
        registry.layoutFolder == nil ? String(asTyped.prefix { $0 != "@" }) : registry.name
    }
}
