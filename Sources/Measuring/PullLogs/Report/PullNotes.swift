// SPDX-License-Identifier: Apache-2.0

import OCI

/// Notes on the counts: what was left out, and why.
package struct PullNotes: Sendable {
    private let report: PullReport
    private let dates: DateStyle
    private let zone: TimeZoneRules
    private static let named = 10

    package init(_ report: PullReport, dates: DateStyle = .iso, zone: TimeZoneRules) {
        self.report = report
        self.dates = dates
        self.zone = zone
    }

    package var lines: [String] {
        [summary] + [leftOut, spread, untimed, nothing].compactMap(\.self) + malformed
            + [unresolved, unexpected].compactMap(\.self)
    }

    private var tally: PullTally { report.tally }

    private var summary: String {
        let format = TimeUnit.minute.format(dates)
        let when =
            if let first = tally.first, let last = tally.last {
                " from \(format.text(of: first, in: zone)) to \(format.text(of: last, in: zone))"
                    + " (\(zone.name.displayable))"
            } else { "" }
        return "\(Self.count(tally.pulls, "pull")) of \(Self.count(tally.images.count, "image"))\(when), in "
            + "\(Self.count(tally.entries, "entry", "entries"))"
    }

    private var leftOut: String? {
        let parts = [
            ("pulls that end here (their beginning counts)", tally.others[.finished]),
            ("images that were on the node", tally.others[.present]), ("other events", tally.others[.other]),
            ("pulls counted before", tally.duplicates), ("pulls outside the period", tally.outside),
        ].compactMap { what, number in number.flatMap { $0 > 0 ? "\(what): \($0.grouped)" : nil } }
        return parts.isEmpty ? nil : "not counted: " + parts.joined(separator: "; ")
    }

    private var spread: String? {
        tally.spread == 0
            ? nil
            : "an event that repeats says only when it happened first and last; times between them were assumed for "
                + Self.count(tally.spread, "pull")
    }

    private var untimed: String? {
        tally.untimed == 0
            ? nil : "warning: \(Self.count(tally.untimed, "pull")) without a time; no window or period has them"
    }

    /// A warning if there is nothing to count. There may really be no pulls, or the log may be the wrong one.
    private var nothing: String? {
        tally.pulls > 0 || tally.outside > 0
            ? nil
            : "warning: no pulls in these logs; they are events with the reason \"Pulling\", or messages that begin "
                + "with \"Pulling image\""
    }

    private var unresolved: String? {
        guard let number = report.uses?.unresolved, number > 0 else { return nil }
        return "warning: \(Self.count(number, "reference")) of --used-by could not be resolved, and may be any image"
    }

    private var unexpected: String? {
        let images = report.unexpected
        if images.isEmpty { return nil }
        let registries = Set(images.map(\.registry)).sorted().map(\.description)
        let pulls = Self.count(images.reduce(0) { $0 + $1.pulls }, "pull")
        let expected = report.expected.map(\.description.displayable).joined(separator: ", ")
        return "error: \(Self.count(images.count, "image")) (\(pulls)) came from other registries than \(expected): "
            + registries.joined(separator: ", ")
    }

    /// The number of malformed entries, and the first of them with their places.
    private var malformed: [String] {
        guard tally.malformed > 0 else { return [] }
        let shown = tally.problems.prefix(Self.named)
        let rest = tally.malformed - shown.count
        return ["warning: \(Self.count(tally.malformed, "malformed entry", "malformed entries"))"]
            + shown.map { "  \($0)" } + (rest > 0 ? ["  and \(rest.grouped) more"] : [])
    }

    private static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number.grouped) \(number == 1 ? one : many ?? one + "s")"
    }
}
