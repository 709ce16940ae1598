// SPDX-License-Identifier: Apache-2.0

package import Content
import OCI
import Synchronization
package import TransferEngine

/// Reports a running copy to its user: a line for each item that has ended, notes about retries and pauses.
package final class BatchReporter: ImmediateObserver {
    package enum Output: String, Sendable, CaseIterable {
        case text
        case json
    }

    private struct State {
        var hints = ToldHints()
        /// The layer tallies of items under way.
        var layers: [ItemID: LayerTally] = [:]
        var retries = RetryGroups()
    }

    private let items: DerivedList<TransferItem>
    private let names: DerivedList<ItemName>
    private let output: Output
    private let console: Console
    private let inspector: (any ImageInspector)?
    private let state = Mutex(State())
    private let clock: @Sendable () -> Double
    /// Called for each item that failed.
    private let onFailure: @Sendable () -> Void

    /// - Parameters:
    ///   - items: the items of the run, each with its name.
    ///   - clock: seconds since the run began.
    package init(
        items: some RandomAccessCollection<TransferItem> & Sendable,
        names: some RandomAccessCollection<ItemName> & Sendable, output: Output, console: Console,
        inspector: (any ImageInspector)? = nil, clock: @escaping @Sendable () -> Double,
        onFailure: @escaping @Sendable () -> Void = {}
    ) {
        self.items = DerivedList(items)
        self.names = DerivedList(names)
        self.clock = clock
        self.output = output
        self.console = console
        self.inspector = inspector
        self.onFailure = onFailure
    }

    package func receive(_ event: TransferEvent) {
        tellRetries()
        switch event {
        case .retrying(let failure, let delay, let item): retrying(failure, after: delay, item)
        case .paused(let store, let pause, let reason):
            for notice in state.withLock({ $0.retries.pause(store, pause, now: clock()) }) { console.tell(notice) }
            console.tell(.waiting(store, pause.length, reason))
        case .tagMoved(let tag, let named, let read):
            console.note(
                "\(tag.store)/\(tag.repository):\(tag.tag) named \(named.short) when it was asked for and \(read.short) when it "
                    + "was read; \(read.short) is copied")
        case .signatureKept(let tag, let existing, let offered, let store, let repository, _):
            console.note(
                "warning: \(store)/\(repository):\(tag) is \(existing.short) and was kept; the source has \(offered.short) "
                    + "(--overwrite-signatures replaces it)")
        case .foreignLayerSkipped(let layer, let item):
            console.note(
                "warning: \(names[item].source.displayable): non-distributable layer \(layer.digest.short) was left out"
            )
        case .uploadResumed(let blob, let offset, let store, _):
            console.note(
                "continuing blob \(blob.digest.short) at \(Quantity.bytes(offset)), where an earlier run stopped; "
                    + "only \(store) checks the digest of the whole")
        case .itemFinished(let report): finished(report)
        case .manifestStored(_, let digest, _, _, _, let item): countLayers(of: digest, for: item)
        case .planned, .givenUp, .itemStarted, .rootFetched, .blobPlaced, .manifestExisted, .mountsLearned, .chosen,
            .referrersLeft, .referrerListed:
            break
        }
    }

    private func retrying(_ failure: TransferFailure, after delay: Duration, _ item: ItemID) {
        let store = failure.side == .source ? items[item].source.store : items[item].target.store
        let isFirst = state.withLock {
            $0.retries.add(failure, at: store, after: Quantity.seconds(delay), now: clock())
        }
        console.tell(.retrying(names[item], failure, after: delay, isSummedUp: !isFirst))
    }

    /// Tells how many requests are retried that have no line of their own, if it is time.
    package func tellRetries() {
        for notice in state.withLock({ $0.retries.due(now: clock()) }) { console.tell(notice) }
    }

    /// Tells the same at the end of the run.
    package func endRetries() {
        for notice in state.withLock({ $0.retries.end() }) { console.tell(notice) }
    }

    private func countLayers(of manifest: Digest, for item: ItemID) {
        guard let tally = inspector?.takeTally(of: manifest) else { return }
        state.withLock { $0.layers[item, default: LayerTally()] += tally }
    }

    private func finished(_ report: ItemReport) {
        let layers = state.withLock { $0.layers.removeValue(forKey: report.item) }
        let line = ItemLine(
            names[report.item], report, layers: inspector == nil ? nil : layers ?? LayerTally())
        if let failure = line.failure {
            guard failure.cause.kind != .cancelled else { return }
            explain(failure, names[report.item])
            onFailure()
        }
        if output == .text, let index = line.madeIndex {
            console.note("\(names[report.item].target.displayable): \(index)")
        }
        console.output(output == .json ? line.json : line.text)
    }

    private func explain(_ failure: TransferFailure, _ name: ItemName) {
        console.tell(.failed(name, failure))
        if let hint = state.withLock({ $0.hints.line(failure.cause.hint) }) { console.note(hint) }
    }
}
