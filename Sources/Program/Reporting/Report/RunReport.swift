// SPDX-License-Identifier: Apache-2.0

package import OCI
package import TransferEngine

/// A whole run, written down: what `--report` keeps and `report merge` puts together.
package struct RunReport: Sendable, Hashable {
    /// The program's name and version.
    package var program = ""
    /// The command line without the program's name. Credentials are never part of one.
    package var arguments: [String] = []
    /// RFC 3339, UTC, with a fraction of the second, because two runs may end within one second.
    package var started = ""
    package var ended = ""
    package var seconds = 0.0
    /// The shard of a list that the run copied; nil for a whole list.
    package var shard: Part?
    /// The items in the order of the list.
    package var items: DerivedList<Item> = []
    package var registries: [Registry] = []
    /// The number of manifests that refer to images and were not copied, because their types were not wanted.
    package var referrersLeft = 0
    package var origins: [Origin] = []
    /// The plan that was given; nil if there was none.
    package var plan: RunPlan?
    /// The course of the run; nil if it was not recorded, as in a merged report.
    package var timeline: RunTimeline?
    /// The exit status of the process.
    package var exitStatus: Int32 = 0
    /// For a report of several runs: the digests of their reports, by which a run is recognized when it is merged
    /// again. Empty for a report of one run.
    package var runs: Set<Digest> = []

    package init() {}

    package mutating func setItems(_ items: [Item]) { self.items = DerivedList(items) }

    /// How an item ended.
    package enum Status: String, Sendable, CaseIterable {
        case copied
        case unchanged
        /// The target has something else there, which was left alone as asked.
        case kept
        case failed
        /// The run ended before it.
        case unfinished
        /// In none of the merged reports: no shard took the item for its own, or the report of its shard is missing.
        case missing
    }

    package struct Item: Sendable, Hashable {
        package var status: Status
        /// What an audit found; nil if the last that is known of the item is a copy.
        package var audit: AuditStatus?
        package var name: ItemName
        /// The digest that the target has.
        package var digest: Digest?
        /// The source's digest of an item that was kept, if the source said it; or the source's index from which the
        /// image was chosen.
        package var sourceDigest: Digest?
        package var mediaType: String?
        package var blobsSent = 0
        package var blobsMounted = 0
        package var blobsPresent = 0
        package var bytesSent: Int64 = 0
        package var bytesMounted: Int64 = 0
        package var attempts = 1
        package var seconds = 0.0
        package var failure: Failure?

        package init(_ status: Status, _ name: ItemName) {
            self.status = status
            self.name = name
        }

        /// How the item ended, in a word.
        package var word: String { audit?.rawValue ?? status.rawValue }

        package var hasArrived: Bool { status == .copied || status == .unchanged }

        /// Whether a run tried the item.
        var wasTried: Bool { status != .unfinished && status != .missing }
    }

    package struct Failure: Sendable, Hashable {
        package var kind: String
        package var message: String
        /// `source` or `target`; nil if neither side is the cause.
        package var side: String?
        package var hint: String?
        /// The pulls of a registry are used up.
        package var isPullQuota = false

        package init(kind: String, message: String, side: String? = nil, hint: String? = nil) {
            self.kind = kind
            self.message = message
            self.side = side
            self.hint = hint
        }
    }

    /// What was done at one registry.
    package struct Registry: Sendable, Hashable {
        package var name: String
        /// Items read from it and written to it that arrived.
        package var itemsRead = 0
        package var itemsWritten = 0
        /// Items that failed at this registry.
        package var failures = 0
        package var blobsSent = 0
        package var blobsMounted = 0
        package var blobsPresent = 0
        /// Bytes of blobs that were sent to it, in every attempt.
        package var bytesSent: Int64 = 0
        /// Of `bytesSent`, bytes of attempts that failed or were interrupted.
        package var bytesUnfinished: Int64 = 0
        /// Of `bytesSent`, bytes of attempts under way: only while a run goes on.
        package var bytesUnderWay: Int64 = 0
        package var bytesMounted: Int64 = 0
        /// Bytes of blobs that were already there.
        package var bytesPresent: Int64 = 0
        package var manifestsStored = 0
        package var retries = 0
        package var pauses = 0
        package var secondsPaused = 0.0

        package init(name: String) { self.name = name }

        /// The bytes that were sent of blobs that have arrived.
        package var bytesArrived: Int64 { max(0, bytesSent - bytesUnfinished - bytesUnderWay) }
    }

    /// The traffic with one host: a registry, a token service, or a store that a registry redirects to.
    package struct Origin: Sendable, Hashable {
        package var name: String
        package var requests: Int
        package var bytesSent: Int64
        package var bytesReceived: Int64

        package init(name: String, requests: Int, bytesSent: Int64, bytesReceived: Int64) {
            self.name = name
            self.requests = requests
            self.bytesSent = bytesSent
            self.bytesReceived = bytesReceived
        }
    }

    /// One shard of a list.
    package struct Part: Sendable, Hashable {
        package var index: Int
        package var count: Int
        /// The digest of the plan that this shard made for itself. Equal plans divide the list in the same way.
        package var plan: String
        /// The items this shard left to the others.
        package var elsewhere: [ItemName]

        package init(index: Int, count: Int, plan: String, elsewhere: [ItemName]) {
            self.index = index
            self.count = count
            self.plan = plan
            self.elsewhere = elsewhere
        }
    }
}

extension RunReport {
    /// The totals of items that have ended. Blobs of other items, and attempts that failed, count only in the figures of
    /// registries.
    package struct Totals: Sendable {
        package private(set) var items = 0
        package private(set) var blobsSent = 0
        package private(set) var blobsMounted = 0
        package private(set) var blobsPresent = 0
        package private(set) var bytesSent: Int64 = 0
        package private(set) var bytesMounted: Int64 = 0
        private var counts: [Status: Int] = [:]
        /// The number of items for each audit result, and the number of these items for each status.
        private(set) var audits: [AuditStatus: Int] = [:]
        private var audited: [Status: Int] = [:]

        mutating func add(_ item: Item) {
            items += 1
            counts[item.status, default: 0] += 1
            if let audit = item.audit {
                audits[audit, default: 0] += 1
                audited[item.status, default: 0] += 1
            }
            blobsSent.add(saturating: item.blobsSent)
            blobsMounted.add(saturating: item.blobsMounted)
            blobsPresent.add(saturating: item.blobsPresent)
            bytesSent.add(saturating: item.bytesSent)
            bytesMounted.add(saturating: item.bytesMounted)
        }

        package func count(_ status: Status) -> Int { counts[status] ?? 0 }

        /// The number of items for each outcome, each word once. Outcomes that no item had are left out.
        var words: [(word: String, count: Int)] {
            let copies = Status.allCases.map { ($0.rawValue, count($0) - (audited[$0] ?? 0)) }
            var words = copies.filter { $0.1 > 0 }
            for status in AuditStatus.allCases {
                guard let count = audits[status] else { continue }
                if let place = words.firstIndex(where: { $0.0 == status.rawValue }) {
                    words[place].1 += count
                } else {
                    words.append((status.rawValue, count))
                }
            }
            return words.map { (word: $0.0, count: $0.1) }
        }
    }

    package var totals: Totals { items.reduce(into: Totals()) { $0.add($1) } }

    /// The bytes that were sent to all registries.
    package var sent: SentBytes {
        var sent = SentBytes(
            registries.saturatedSum(of: \.bytesSent), unfinished: registries.saturatedSum(of: \.bytesUnfinished))
        sent.underWay = registries.saturatedSum(of: \.bytesUnderWay)
        return sent
    }

    /// `200 items: 197 copied, 3 failed; 1.2 GiB sent in 12.3s`
    package var summary: String {
        let totals = totals
        var words = totals.words
        let (isOfCopies, mounted) = (totals.audits.isEmpty, registries.saturatedSum(of: \.bytesMounted))
        if isOfCopies, totals.count(.copied) == 0 { words.insert((Status.copied.rawValue, 0), at: 0) }
        return "\(Quantity.count(totals.items, "item")): "
            + words.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
            + "; \(Quantity.bytes(sent.all)) sent" + (mounted > 0 ? ", \(Quantity.bytes(mounted)) mounted" : "")
            + " in \(Quantity.time(seconds))" + sent.remark
            + (referrersLeft > 0 ? "; \(Quantity.count(referrersLeft, "referrer")) of other types left behind" : "")
    }

    /// The status of a run with these items that is not interrupted.
    package var statusOfItems: ExitStatus {
        ExitStatus(items.lazy.map(\.ending)) { [items] in ItemStores(items[$0].name) }
    }
}

extension RunReport.Item {
    fileprivate var ending: ItemEnding {
        switch status {
        case .copied, .unchanged: .done
        case .kept: .kept
        case .failed, .missing: .failed(ItemEnding.Failure(failure))
        case .unfinished: .open
        }
    }
}
