// SPDX-License-Identifier: Apache-2.0

import OCI

/// Merges reports into one: the reports of a list's shards, or of a run and the runs that repeated what had failed.
///
/// Every shard records which items it left to the others. An item that all shards left to others is missing, and is
/// named. So a list whose tags moved between the shards' plans cannot lose an item silently.
package struct ReportMerge: Sendable {
    /// All items of all reports, each once, and those that are missing.
    package var report: RunReport
    /// What a reader must know before trusting the merged report, one sentence each. Missing items come first.
    package let problems: [String]
    /// Items that two runs have copied. This costs only time.
    package let doubled: [ItemName]
    /// The status of a run with these items, but never success while the report of a shard is missing, because that
    /// shard may have failed at items that only it saw. The report of a run that is not a shard stands in for it,
    /// because the other shards name the items that were left to it.
    package let status: ExitStatus

    /// - Parameter reports: the reports with the names of their files, in any order. A report that is given twice
    ///   counts once. If two reports have the same item, the one that ended later counts, if its run tried the item.
    package init(_ reports: [(file: String, report: RunReport)]) {
        let reports = Self.runs(reports)
        var book = ItemBook()
        for (position, report) in reports.enumerated() {
            for item in report.report.items { book.add(item, from: position) }
        }
        let parts = reports.compactMap(\.report.shard)
        for name in parts.flatMap(\.elsewhere) { book.expect(name) }
        var merged = Self.sum(reports.map(\.report))
        merged.runs = reports.count > 1 ? Set(reports.flatMap(\.runs)) : reports.first?.report.runs ?? []
        merged.setItems(book.items)
        let lacksShard =
            parts.count == reports.count
            && Set(parts.map(\.count)).contains { !Self.missing(of: $0, in: parts).isEmpty }
        status = lacksShard ? merged.statusOfItems.failing : merged.statusOfItems
        merged.exitStatus = status.rawValue
        report = merged
        doubled = book.doubled
        problems =
            Self.problems(of: parts, among: reports.count) + Self.problems(of: book) + Self.overlap(of: reports)
    }

    /// The reports that are not part of another one, in the order in which their runs ended.
    private static func runs(
        _ reports: [(file: String, report: RunReport)]
    ) -> [(file: String, report: RunReport, runs: Set<Digest>)] {
        let known = reports.map { (file: $0.file, report: $0.report, runs: $0.report.allRuns) }
        var taken: [(file: String, report: RunReport, runs: Set<Digest>)] = []
        for report in known.sorted(by: { $0.runs.count > $1.runs.count })
        where !taken.contains(where: { report.runs.isSubset(of: $0.runs) }) {
            taken.append(report)
        }
        return taken.sorted { Self.order($0.report, $0.runs) < Self.order($1.report, $1.runs) }
    }

    /// The order of runs: a run that ended later is newer. If two runs ended at the same time, the one that began later
    /// is newer. Shards of one run come in their order. The digest has no meaning, but it makes the order independent
    /// of the order in which reports are named.
    private static func order(_ report: RunReport, _ runs: Set<Digest>) -> (RunMoment, RunMoment, Int, String) {
        let shard = report.shard?.index ?? 0
        return (RunMoment(report.ended), RunMoment(report.started), shard, runs.map(\.text).min() ?? "")
    }

    /// Warns of runs that are in two of the reports, because what they moved cannot be taken out of the sums.
    private static func overlap(
        of reports: [(file: String, report: RunReport, runs: Set<Digest>)]
    ) -> [String] {
        let count = reports.reduce(0) { $0 + $1.runs.count } - Set(reports.flatMap(\.runs)).count
        guard count > 0 else { return [] }
        return [
            "\(Quantity.count(count, "run")) in two of the reports: the figures of registries count twice what was moved then"
        ]
    }

    private static func sum(_ reports: [RunReport]) -> RunReport {
        var sum = RunReport()
        sum.program = reports.last?.program ?? ""
        sum.arguments = reports.first?.arguments ?? []
        sum.started = reports.map { RunMoment($0.started) }.min()?.text ?? ""
        sum.ended = reports.map { RunMoment($0.ended) }.max()?.text ?? ""
        sum.seconds = reports.map(\.seconds).max() ?? 0
        // Several runs have no time in common.
        if reports.count == 1 { (sum.plan, sum.timeline) = (reports[0].plan, reports[0].timeline) }
        for report in reports { sum.referrersLeft.add(saturating: report.referrersLeft) }
        sum.registries = reports.flatMap(\.registries).summed(by: \.name) { $0.add($1) }
        sum.origins = reports.flatMap(\.origins).summed(by: \.name) { $0.add($1) }
        return sum
    }

    private static func missing(of count: Int, in parts: [RunReport.Part]) -> [Int] {
        let there = parts.filter { $0.count == count }.map(\.index)
        return Set(0..<max(0, min(count, 10_000))).subtracting(there).sorted()
    }

    private static func problems(of parts: [RunReport.Part], among reports: Int) -> [String] {
        var problems: [String] = []
        for count in Set(parts.map(\.count)).sorted() {
            let missing = missing(of: count, in: parts)
            if !missing.isEmpty {
                problems.append(
                    "no report of \(missing.count == 1 ? "shard" : "shards") "
                        + missing.prefix(20).map { "\($0)/\(count)" }.joined(separator: ", ")
                        + (missing.count > 20 ? " and \(missing.count - 20) more" : ""))
            }
        }
        if Set(parts.map(\.count)).count > 1 {
            problems.append(
                "the reports are of lists divided differently: "
                    + Set(parts.map(\.count)).sorted().map { "by \($0)" }.joined(separator: ", "))
        }
        if !parts.isEmpty, parts.count < reports {
            problems.append("\(reports - parts.count) of the reports are not of a shard")
        }
        if Set(parts.map(\.plan)).count > 1 {
            problems.append(
                "the shards did not plan the same: tags moved between their plans, or not all of them could read the same"
            )
        }
        return problems
    }

    private static func problems(of book: ItemBook) -> [String] {
        guard book.missing > 0 else { return [] }
        return ["\(Quantity.count(book.missing, "item")) missing: in no report"]
    }
}

/// Items by name, in the order they are first heard of.
private struct ItemBook {
    private(set) var items: [RunReport.Item] = []
    private(set) var doubled: [ItemName] = []
    private(set) var missing = 0
    private var positions: [ItemName: Int] = [:]
    private var reporters: [Int] = []

    mutating func add(_ item: RunReport.Item, from reporter: Int) {
        guard let position = positions[item.name.planned] else {
            positions[item.name.planned] = items.count
            items.append(item)
            reporters.append(reporter)
            return
        }
        if items[position].hasArrived, item.hasArrived, reporters[position] != reporter { doubled.append(item.name) }
        let earlier = items[position]
        guard item.wasTried || !earlier.wasTried else { return }
        items[position] = item
        items[position].addMoved(by: earlier)
        reporters[position] = reporter
    }

    /// Notes that a report left this item to others. If no report has the item, it is missing.
    mutating func expect(_ name: ItemName) {
        guard positions[name.planned] == nil else { return }
        positions[name.planned] = items.count
        var item = RunReport.Item(.missing, name)
        item.failure = RunReport.Failure(kind: "missing", message: "no report has this item")
        items.append(item)
        reporters.append(-1)
        missing += 1
    }
}

extension RunReport.Item {
    /// Adds what an earlier run moved for the item, because the registries' figures include it, too.
    fileprivate mutating func addMoved(by earlier: Self) {
        blobsSent.add(saturating: earlier.blobsSent)
        blobsMounted.add(saturating: earlier.blobsMounted)
        bytesSent.add(saturating: earlier.bytesSent)
        bytesMounted.add(saturating: earlier.bytesMounted)
    }
}

extension ItemName {
    /// The name that identifies an item in every run, whatever digest arrived.
    fileprivate var planned: ItemName { ItemName(source: source, target: targetPlace.map(String.init) ?? target) }
}

extension Array {
    /// One element for each name, in the order of names.
    fileprivate func summed(by name: (Element) -> String, _ add: (inout Element, Element) -> Void) -> [Element] {
        var sums: [String: Element] = [:]
        for element in self {
            if sums[name(element)] == nil { sums[name(element)] = element } else { add(&sums[name(element)]!, element) }
        }
        return sums.keys.sorted().compactMap { sums[$0] }
    }
}

extension RunReport.Registry {
    fileprivate mutating func add(_ other: Self) {
        itemsRead.add(saturating: other.itemsRead)
        itemsWritten.add(saturating: other.itemsWritten)
        failures.add(saturating: other.failures)
        blobsSent.add(saturating: other.blobsSent)
        blobsMounted.add(saturating: other.blobsMounted)
        blobsPresent.add(saturating: other.blobsPresent)
        bytesSent.add(saturating: other.bytesSent)
        bytesUnfinished.add(saturating: other.bytesUnfinished)
        bytesMounted.add(saturating: other.bytesMounted)
        bytesPresent.add(saturating: other.bytesPresent)
        manifestsStored.add(saturating: other.manifestsStored)
        retries.add(saturating: other.retries)
        pauses.add(saturating: other.pauses)
        secondsPaused += other.secondsPaused
    }
}

extension RunReport.Origin {
    fileprivate mutating func add(_ other: Self) {
        requests.add(saturating: other.requests)
        bytesSent.add(saturating: other.bytesSent)
        bytesReceived.add(saturating: other.bytesReceived)
    }
}
