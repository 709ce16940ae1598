// SPDX-License-Identifier: Apache-2.0

package import OCI
package import TransferEngine

/// A whole run, written down: what `--report` keeps and `report merge` puts together.
package struct RunReport: Sendable, Hashable {
    /// The program's name and version.
    package var program = ""
    /// The command line without the program's name. Credentials are never part of one.
    package var arguments: [String] = []
    /// RFC 3339, UTC, with a fraction of the second: a run may end in the second in which the next one ends.
    package var started = ""
    package var ended = ""
    package var seconds = 0.0
    /// The part of a list this was; nil for a whole one.
    package var shard: Part?
    /// In the order of the list.
    package var items: DerivedList<Item> = []
    package var registries: [Registry] = []
    /// Manifests that refer to images and were not copied, for they are of types that were not wanted.
    package var referrersLeft = 0
    package var origins: [Origin] = []
    /// The plan that was given; nil if there was none.
    package var plan: RunPlan?
    /// The course of the run; nil if it was not recorded, as in a merged report.
    package var timeline: RunTimeline?
    /// What the process ended with.
    package var exitStatus: Int32 = 0
    /// Of a report of several runs: names of their reports, by which the same run is known when it comes again.
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
        /// In no report of several: no shard took it for its own, or its shard's report is not there.
        case missing
    }

    package struct Item: Sendable, Hashable {
        package var status: Status
        /// What an audit found, where that is what is known of the item; a copy after it takes it away.
        package var audit: AuditStatus?
        package var name: ItemName
        /// What arrived.
        package var digest: Digest?
        /// Of what was kept: what the source has, where it said.
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

        /// Whether a run got so far as to find out.
        var wasTried: Bool { status != .unfinished && status != .missing }
    }

    package struct Failure: Sendable, Hashable {
        package var kind: String
        package var message: String
        /// `source` or `target`; nil where neither is to blame.
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
        /// Items that failed at it.
        package var failures = 0
        package var blobsSent = 0
        package var blobsMounted = 0
        package var blobsPresent = 0
        package var bytesSent: Int64 = 0
        package var bytesMounted: Int64 = 0
        /// Of blobs that were there.
        package var bytesPresent: Int64 = 0
        package var manifestsStored = 0
        package var retries = 0
        package var pauses = 0
        package var secondsPaused = 0.0

        package init(name: String) { self.name = name }
    }

    /// What went over the wire to one host: registries, token services, the stores they redirect to.
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
        /// Of the plan this shard made for itself: equal plans divide the list alike.
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
    /// The totals of the items, counted in one pass.
    package struct Totals: Sendable {
        package private(set) var items = 0
        package private(set) var blobsSent = 0
        package private(set) var blobsMounted = 0
        package private(set) var blobsPresent = 0
        package private(set) var bytesSent: Int64 = 0
        package private(set) var bytesMounted: Int64 = 0
        private var counts: [Status: Int] = [:]
        /// Of what an audit found, and how these are counted among the others.
        private(set) var audits: [AuditStatus: Int] = [:]
        private var audited: [Status: Int] = [:]

        init(_ items: some Sequence<Item>) {
            for item in items {
                self.items += 1
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
        }

        package func count(_ status: Status) -> Int { counts[status] ?? 0 }

        /// How items ended, each word once; those that no item ended with are left out.
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

    package var totals: Totals { Totals(items) }

    /// `200 items: 197 copied, 3 failed; 1.2 GiB sent in 12.3s`
    package var summary: String {
        let totals = totals
        var words = totals.words
        let isOfCopies = totals.audits.isEmpty
        if isOfCopies, totals.count(.copied) == 0 { words.insert((Status.copied.rawValue, 0), at: 0) }
        return "\(Quantity.count(totals.items, "item")): "
            + words.map { "\($0.count) \($0.word)" }.joined(separator: ", ")
            + "; \(Quantity.bytes(totals.bytesSent)) sent"
            + (totals.bytesMounted > 0 ? ", \(Quantity.bytes(totals.bytesMounted)) mounted" : "")
            + " in \(Quantity.time(seconds))"
            + (referrersLeft > 0 ? "; \(Quantity.count(referrersLeft, "referrer")) of other types left behind" : "")
    }

    /// The status a run with these items ends with, were it not interrupted.
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
