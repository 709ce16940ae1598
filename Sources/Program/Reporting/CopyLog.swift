// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Synchronization
package import TransferEngine

/// Logs copies in gcrane's words, because scripts around `cp` read these lines. The run returns how the copies ended.
package final class CopyLog: ImmediateObserver {
    /// An item's names, as they are shown.
    package struct Item: Sendable {
        package var source: String
        package var target: String
        /// `host/repository`
        package var targetRepository: String

        package init(source: String, target: String, targetRepository: String) {
            self.source = source
            self.target = target
            self.targetRepository = targetRepository
        }
    }

    /// What is logged when an item begins.
    package enum Announcement: Sendable {
        case nothing
        /// A line for each item, and for each failure, because a failure does not end the other items.
        case each
        /// The same, in the words that crane has for tags.
        case eachAsCrane
    }

    private struct State {
        /// Whether the source's manifest had been read.
        var rootFetched: [Bool]
        var hints = ToldHints()
    }

    private let items: [Item]
    private let announcement: Announcement
    private let keepsExistingTags: Bool
    private let log: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - keepsExistingTags: whether the run was told to leave existing tags alone. Then a kept tag is expected.
    ///   - log: takes a line without its time.
    package init(
        items: [Item], announcing: Announcement = .nothing, keepsExistingTags: Bool = false,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.items = items
        announcement = announcing
        self.keepsExistingTags = keepsExistingTags
        self.log = log
        state = Mutex(State(rootFetched: Array(repeating: false, count: items.count)))
    }

    package func receive(_ event: TransferEvent) {
        switch event {
        case .itemStarted(let item): announceStart(of: items[item])
        case .rootFetched(_, let item):
            state.withLock { $0.rootFetched[item] = true }
            if case .eachAsCrane = announcement { announceArrival(of: item) }
        case .manifestExisted(let digest, let item):
            // If the item's own manifest is already at the target, this is found before the source's manifest is read.
            if case .eachAsCrane = announcement, !state.withLock({ $0.rootFetched[item] }) { announceArrival(of: item) }
            log("existing manifest: \(tag(of: item))\(digest)")
        case .blobPlaced(let outcome, let blob, _, _, _): log("\(outcome.word) blob: \(blob.digest)")
        case .manifestStored(let selector, let digest, let size, _, _, let item):
            log("\(name(selector, of: item)): digest: \(digest) size: \(size)")
        case .referrerListed(let listing, _, _, let item): tell(listing, of: item)
        case .retrying(let failure, _, _): log("retrying \(failure.cause.message)")
        case .itemFinished(let report): finish(report)
        case .paused(let store, let pause, .outage):
            log(Self.outage(of: store, askingAgainIn: pause.length))
        case .tagMoved(let tag, let named, let read):
            log("\(tag.store)/\(tag.repository):\(tag.tag) has moved from \(named) to \(read)")
        case .signatureKept(let tag, let existing, let offered, let store, let repository, _):
            log("kept \(store)/\(repository):\(tag): it is \(existing), the source has \(offered)")
        case .referrersLeft(let count, _): log("left behind: \(Quantity.count(count, "referrer")) of other types")
        case .planned, .givenUp, .chosen, .foreignLayerSkipped, .paused(_, _, .asked), .uploadResumed, .mountsLearned:
            break
        }
    }

    /// The line about a store that is considered to be down.
    package static func outage(of store: StoreID, askingAgainIn length: Duration) -> String {
        "\(store) does not answer any more; asking again in \(Quantity.time(length))"
    }

    private func announceStart(of item: Item) {
        switch announcement {
        case .nothing: break
        case .each: log("Copying from \(item.source) to \(item.target)")
        case .eachAsCrane: log("Fetching \(item.source)")
        }
    }

    private func tell(_ listing: ReferrerListing, of item: Int) {
        guard listing.isNew else { return log("fallback tag \(listing.tag) already had referrer") }
        log("updating fallback tag \(listing.tag) with new referrer")
        log("\(name(.tag(listing.tag), of: item)): digest: \(listing.digest) size: \(listing.size)")
    }

    private func announceArrival(of item: Int) { log("Pushing \(items[item].target)") }

    private func finish(_ report: ItemReport) {
        let (source, target) = (items[report.item].source, items[report.item].target)
        if let index = ItemLine(ItemName(source: source, target: target), report).madeIndex {
            log("\(target): \(index)")
        }
        if case .kept(let existing, let offered) = report.outcome, !keepsExistingTags {
            log("kept \(target): it is \(existing)" + (offered.map { ", the source has \($0)" } ?? ""))
        }
        guard case .failed(let failure) = report.outcome, failure.cause.kind != .cancelled else { return }
        if case .nothing = announcement { return }
        log("failed to copy \(source): \(report.text(of: failure, called: source))")
        if let hint = state.withLock({ $0.hints.line(failure.cause.hint) }) { log(hint) }
    }

    // MARK: - Names

    /// `TAG@`; empty if the target is named by a digest.
    private func tag(of item: Int) -> String {
        let (target, repository) = (items[item].target, items[item].targetRepository)
        guard !target.contains("@") else { return "" }
        let afterSlash = target.lastIndex(of: "/") ?? target.startIndex
        guard target != repository, let colon = target[afterSlash...].lastIndex(of: ":") else { return "latest@" }
        return String(target[target.index(after: colon)...]) + "@"
    }

    /// Signatures have tags of their own beside the image's.
    private func name(_ selector: ManifestSelector, of item: Int) -> String {
        switch selector {
        case .tag(let name) where tag(of: item) == "\(name)@": items[item].target
        case .tag(let name): "\(items[item].targetRepository):\(name)"
        case .digest(let digest): "\(items[item].targetRepository)@\(digest)"
        }
    }
}

extension BlobOutcome {
    fileprivate var word: String {
        switch self {
        case .sent: "pushed"
        case .mounted: "mounted"
        case .present: "existing"
        }
    }
}
