// SPDX-License-Identifier: Apache-2.0

import OCI
import Reporting

/// The page of a run as it is sent to clients: its current parts and rows, and when each part last changed.
struct LivePage: Sendable {
    /// The most rows of an event. Further rows follow in the next one.
    static let rowsPerEvent = 1000

    private struct Part: Sendable {
        var html: String
        var version: Int
    }

    let run: String
    private var report: RunReport
    private var items: [RunReport.Item]
    private var facts = ProgressFacts()
    private var parts: [String: Part] = [:]
    private var version = 0
    /// The positions of items in the list, in the order in which the items ended.
    private var ended: [Int] = []

    /// - Parameters:
    ///   - run: see `LivePlace.run`.
    ///   - names: the names of all items.
    init(run: String, names: [ItemName]) {
        self.run = run
        report = RunReport()
        items = names.map { RunReport.Item(.unfinished, $0) }
        report.setItems(items)
        facts.verb = "preparing"
    }

    /// The position of the reading that was taken last: the number of items that had ended.
    var position: Int { ended.count }

    /// Takes a reading that was requested from a position. If another reading came first, it is ignored.
    mutating func take(_ reading: LiveReading, since position: Int) {
        guard position == self.position else { return }
        report = reading.report
        facts = reading.facts
        for change in reading.changes.items where items.indices.contains(change.place) {
            items[change.place] = change.item
            ended.append(change.place)
        }
        report.setItems(items)
        change(to: ReportPage(report, progress: facts).parts)
    }

    private mutating func change(to parts: [(name: String, html: String)]) {
        version += 1
        for (name, html) in parts where self.parts[name]?.html != html {
            self.parts[name] = Part(html: html, version: version)
        }
    }

    // MARK: - Out

    func html(nonce: String) -> String {
        let feed = ReportPage.Feed(address: "events?since=\(LivePlace(run: run, position: position))", nonce: nonce)
        return ReportPage(report, progress: facts).html(fedBy: feed)
    }

    /// The next event for a client that knows the run up to a place; nil if the client knows everything.
    func event(since place: LivePlace) -> LiveEvent? {
        guard place.run == run, place.position <= position else {
            return LiveEvent(kind: .reload, place: LivePlace(run: run, position: 0), data: .object([]))
        }
        guard place.position < position || place.version < version else { return nil }
        let changed = Set(ended[place.position...].prefix(Self.rowsPerEvent))
        var next = place
        next.position = min(position, place.position + Self.rowsPerEvent)
        next.version = version
        return LiveEvent(kind: .state, place: next, data: state(of: changed.sorted(), since: place.version))
    }

    private func state(of places: [Int], since version: Int) -> JSON {
        let parts = parts.filter { $0.value.version > version }.sorted { $0.key < $1.key }
        return .object([
            "title": .string(title),
            "parts": .object(parts.map { JSON.Member(key: $0.key, value: .string($0.value.html)) }),
            "rows": .array(places.map { .array([JSON($0), items[$0].row]) }),
        ])
    }

    private var title: String {
        facts.share.map { "\(Int($0 * 100)) % – transship" } ?? "transship"
    }
}
