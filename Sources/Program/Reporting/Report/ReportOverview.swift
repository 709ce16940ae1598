// SPDX-License-Identifier: Apache-2.0

/// What a page says about all items together, from one pass over them: a list of items may create each item at each access.
struct ReportOverview: Sendable {
    typealias Cause = (failure: RunReport.Failure, count: Int)

    private static let mostSlow = 10

    private(set) var totals = RunReport.Totals()
    /// The items that took longest, the slowest first. Only these items are held in memory.
    private(set) var slowest: [RunReport.Item] = []
    private var failures: [String: Cause] = [:]

    init(_ items: some Sequence<RunReport.Item>) {
        for item in items {
            totals.add(item)
            compare(item)
            if let failure = item.failure {
                failures["\(failure.kind)\t\(failure.message)", default: (failure, 0)].count += 1
            }
        }
    }

    /// Why items failed, the most frequent cause first.
    var causes: [Cause] {
        failures.values.sorted { ($1.count, $0.failure.message) < ($0.count, $1.failure.message) }
    }

    private mutating func compare(_ item: RunReport.Item) {
        let isFull = slowest.count == Self.mostSlow
        guard item.seconds > (isFull ? slowest[Self.mostSlow - 1].seconds : 0) else { return }
        if isFull { slowest.removeLast() }
        slowest.insert(item, at: slowest.firstIndex { $0.seconds < item.seconds } ?? slowest.count)
    }
}
