// SPDX-License-Identifier: Apache-2.0

import OCI

/// A report as text: tables for readers, CSV and JSON for programs.
package struct PullText: Sendable {
    private let report: PullReport
    private let unit: TimeUnit?
    private let format: TimeFormat
    private let dates: DateStyle
    private let zone: TimeZoneRules
    /// The maximum number of rows in the tables of images. nil: the ranking has ten rows, and other tables have all.
    private let top: Int?
    /// Whether there is a column with all spellings of an image in the logs.
    private let showsSpellings: Bool

    package init(
        _ report: PullReport, unit: TimeUnit?, format: TimeFormat?, dates: DateStyle = .iso, zone: TimeZoneRules,
        top: Int? = nil, showsSpellings: Bool = false
    ) {
        self.report = report
        self.unit = unit
        self.format = format ?? (unit ?? .minute).format(dates)
        self.dates = dates
        self.zone = zone
        self.top = top
        self.showsSpellings = showsSpellings
    }

    // MARK: - Tables

    package var tables: [String] {
        var sections = [pulls, registries, ranking]
        if !report.expected.isEmpty { sections.append(unexpected) }
        return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
    }

    private var pulls: [String] {
        var table = TextTable(
            (unit == nil ? [] : [("TIME", .left)]) + [("PULLS", .right), ("IMAGE", .left)]
                + (showsSpellings ? [("AS LOGGED", .left)] : []))
        if unit == nil {
            for image in report.images.prefix(top ?? .max) {
                table.add([image.pulls.grouped, image.image] + spellings(image))
            }
        } else {
            for row in report.rows.prefix(top ?? .max) {
                table.add([time(row.start), row.pulls.grouped, row.image.image] + spellings(row.image))
            }
        }
        return table.lines
    }

    private func spellings(_ image: ImagePulls) -> [String] {
        showsSpellings ? [image.spellings.joined(separator: " ")] : []
    }

    private var registries: [String] {
        if report.standings.isEmpty { return [] }
        var table = TextTable([
            ("REGISTRY", .left), ("PULLS", .right), ("IMAGES", .right), ("BUSIEST", .right), ("FROM", .left),
            ("LIMIT", .left), ("USED", .right), ("", .left),
        ])
        for standing in report.standings {
            let start = [standing.registry.name, standing.pulls.grouped, standing.images.grouped]
            if standing.limits.isEmpty { table.add(start + ["-", "-", "none known", "-", ""]) }
            for (position, use) in standing.limits.enumerated() {
                table.add(
                    (position == 0 ? start : ["", "", ""]) + [
                        use.peak.pulls.grouped, rowTime(use.peak.from), use.limit.text, use.percent,
                        use.limit.scope,
                    ])
            }
        }
        return table.lines
    }

    private var ranking: [String] {
        let candidates = report.candidates
        if candidates.isEmpty { return [] }
        let hasUses = report.uses != nil
        var table = TextTable(
            [("PULLS", .right), ("MIGRATE FIRST", .left)] + (hasUses ? [("USED BY", .left)] : []))
        let shown = candidates.prefix(top ?? 10)
        for candidate in shown {
            table.add([candidate.pulls.grouped, candidate.image] + (hasUses ? [candidate.usesText] : []))
        }
        let rest = candidates.count - shown.count
        return table.lines + (rest > 0 ? ["and \(rest.grouped) more; --top \(candidates.count) shows them"] : [])
    }

    private var unexpected: [String] {
        let images = report.unexpected
        if images.isEmpty { return [] }
        var table = TextTable([("PULLS", .right), ("STILL PULLED FROM ELSEWHERE", .left), ("REGISTRY", .left)])
        for image in images { table.add([image.pulls.grouped, image.image, image.registry.name]) }
        return table.lines
    }

    private func time(_ instant: Instant?) -> String { instant.map { format.text(of: $0, in: zone) } ?? "-" }

    /// A time to the minute, because a window does not begin at a full hour.
    private func rowTime(_ instant: Instant) -> String { TimeUnit.minute.format(dates).text(of: instant, in: zone) }

    // MARK: - CSV

    /// The counts, with the guide's names for its columns.
    package var csv: [String] {
        if unit == nil {
            let rows = report.images.prefix(top ?? .max).map {
                [$0.image, String($0.pulls), $0.registry.name] + spellings($0)
            }
            return ([["imageName", "numberOfPulls", "registry"] + heading] + rows).map(Self.line)
        }
        let rows = report.rows.prefix(top ?? .max).map { row in
            [row.start == nil ? "" : time(row.start), row.image.image, String(row.pulls), row.image.registry.name]
                + spellings(row.image)
        }
        return ([["timeOfImagePull", "imageName", "numberOfPulls", "registry"] + heading] + rows).map(Self.line)
    }

    private var heading: [String] { showsSpellings ? ["spellings"] : [] }

    private static func line(_ cells: [String]) -> String {
        cells.map { cell in
            let isFormula = cell.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false
            // Spreadsheet programs compute cells that begin with these characters, also between quotes (OWASP, "CSV
            // Injection").
            let text = (isFormula ? "'" : "") + cell.displayable
            guard isFormula || text.utf8.contains(where: { ",\"\n".utf8.contains($0) }) else { return text }
            return "\"" + text.replacingScalars { $0 == "\"" ? "\"\"" : nil } + "\""
        }.joined(separator: ",")
    }

    // MARK: - JSON

    /// One object. Its keys are a public interface.
    package var json: String {
        let tally = report.tally
        let rows =
            unit == nil
            ? report.images.prefix(top ?? .max).map { Self.json($0, pulls: $0.pulls) }
            : report.rows.prefix(top ?? .max).map { Self.json($0.image, pulls: $0.pulls, time: .some($0.start)) }
        return JSON.object([
            "first": JSON(tally.first?.rfc3339), "last": JSON(tally.last?.rfc3339), "pulls": JSON(tally.pulls),
            "images": .array(rows), "registries": .array(report.standings.map(Self.json)),
            "migrateFirst": .array(report.candidates.map(Self.json)),
            "unexpected": .array(report.unexpected.map { Self.json($0, pulls: $0.pulls) }),
            "entries": JSON(tally.entries),
            "notCounted": .object([
                "finished": JSON(tally.others[.finished] ?? 0), "present": JSON(tally.others[.present] ?? 0),
                "other": JSON(tally.others[.other] ?? 0), "duplicates": JSON(tally.duplicates),
                "outsidePeriod": JSON(tally.outside),
            ]),
            "withoutTime": JSON(tally.untimed), "malformed": JSON(tally.malformed),
            "problems": .array(
                tally.problems.map {
                    .object(["file": .string($0.file), "line": JSON($0.line), "reason": .string($0.reason)])
                }),
        ]).text
    }

    private static func json(_ image: ImagePulls, pulls: Int, time: Instant??) -> JSON {
        guard case .object(let members) = json(image, pulls: pulls), let time else { return json(image, pulls: pulls) }
        return .object([JSON.Member(key: "time", value: JSON(time?.rfc3339))] + members)
    }

    private static func json(_ image: ImagePulls, pulls: Int) -> JSON {
        .object([
            "image": .string(image.image), "registry": .string(image.registry.name), "pulls": JSON(pulls),
            "spellings": .array(image.spellings.map { .string($0) }),
        ])
    }

    private static func json(_ standing: RegistryStanding) -> JSON {
        .object([
            "registry": .string(standing.registry.name), "pulls": JSON(standing.pulls), "images": JSON(standing.images),
            "limits": .array(
                standing.limits.map { use in
                    .object([
                        "limit": JSON(use.limit.pulls), "seconds": JSON(use.limit.window.seconds),
                        "scope": .string(use.limit.scope), "source": JSON(use.limit.source),
                        "busiest": JSON(use.peak.pulls), "from": .string(use.peak.from.rfc3339),
                        "exceeded": .bool(use.peak.pulls > use.limit.pulls),
                    ])
                }),
        ])
    }

    private static func json(_ candidate: MigrationCandidate) -> JSON {
        .object([
            "image": .string(candidate.image), "reference": .string(candidate.canonical),
            "registry": .string(candidate.registry.name), "pulls": JSON(candidate.pulls),
            "usedBy": .array(
                candidate.uses.map { .object(["file": .string($0.file), "line": JSON($0.line)]) }),
        ])
    }
}

extension LimitUse {
    /// The use as text, for example `41 %`. It is rounded down below the limit and up above it, so that neither looks
    /// like exactly the limit.
    package var percent: String {
        let percent = share * 100
        return "\(Int(saturating: peak.pulls > limit.pulls ? percent.rounded(.up) : percent).grouped) %"
    }
}

extension MigrationCandidate {
    /// `deploy/web.yaml:12 and 2 more`.
    fileprivate var usesText: String {
        guard let first = uses.first else { return "no file scanned" }
        return first.description + (uses.count > 1 ? " and \(uses.count - 1) more" : "")
    }
}
