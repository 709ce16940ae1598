// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI

/// Each registry's pulls over time: one panel for each registry, most pulls first, on a common time axis. The window in
/// which a registry came closest to its limit is shaded. Its bars have another colour if the limit was exceeded.
package struct PullChart {
    private let report: PullReport
    private let zone: TimeZoneRules
    private let start: Int64
    /// The number of seconds that one bar covers.
    private let step: Int64
    private let bars: Int

    private static let panels = 8
    private static let mostBars: Int64 = 180
    private static let margin = 24.0
    private static let axisWidth = 64.0
    private static let plotWidth = 812.0
    private static let plotHeight = 84.0
    private static let panelHeight = 158.0
    /// The width of a label with a date and a time.
    private static let labelWidth = 112.0
    private static let headHeight = 64.0

    /// Round lengths of bars, in seconds.
    private static let steps: [Int64] = [
        60, 300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
    ]

    package init(_ report: PullReport, zone: TimeZoneRules) {
        self.report = report
        self.zone = zone
        let first = (report.tally.first ?? Instant(secondsSince1970: 0)).secondsSince1970
        let last = (report.tally.last ?? Instant(secondsSince1970: 0)).secondsSince1970
        let length = last - first + 1
        let step = Self.steps.first { length / $0 < Self.mostBars } ?? length / (Self.mostBars - 2) + 1
        self.step = step
        // Bars begin at whole hours and days of the local time.
        let offset = zone.offset(at: Instant(secondsSince1970: first))
        start = (first + offset).floored(to: step) - offset
        bars = Int((last - start) / step) + 1
    }

    /// A self-contained file. Its colours follow the reader's light or dark setting.
    package var svg: String { drawing.svg(label: "Image pulls by registry over time") }

    var drawing: ChartDrawing {
        let standings = report.standings.filter { report.tally.timelines[$0.registry] != nil }
        let shown = standings.prefix(Self.panels)
        let height = Self.headHeight + Double(max(1, shown.count)) * Self.panelHeight + Self.margin
        var drawing = ChartDrawing(width: 2 * Self.margin + Self.axisWidth + Self.plotWidth, height: height)
        drawing.shapes.append(.rectangle(x: 0, y: 0, width: drawing.width, height: height, .background))
        addHead(to: &drawing, left: standings.count - shown.count)
        for (position, standing) in shown.enumerated() {
            addPanel(standing, at: Self.headHeight + Double(position) * Self.panelHeight, to: &drawing)
        }
        return drawing
    }

    private func addHead(to drawing: inout ChartDrawing, left: Int) {
        let more = left > 0 ? "; \(left) more registries with fewer pulls are left out" : ""
        drawing.shapes += [
            .text("Image pulls by registry", x: Self.margin, y: 30, .text, isBold: true),
            .text(
                report.tally.first == nil
                    ? "No pull has a time."
                    : "Each bar is \(TimeSpan(seconds: step)); times in \(zone.name.displayable)\(more)",
                x: Self.margin, y: 50, .faint),
        ]
    }

    // MARK: - One registry

    private func addPanel(_ standing: RegistryStanding, at top: Double, to drawing: inout ChartDrawing) {
        guard let timeline = report.tally.timelines[standing.registry] else { return }
        let counts = counts(timeline)
        let ceiling = Self.ceiling(counts.max() ?? 1)
        let floor = top + 52 + Self.plotHeight
        let tightest = standing.limits.max { $0.share < $1.share }
        drawing.shapes += [
            .text(Self.title(standing), x: Self.margin, y: top + 18, .text, isBold: true),
            .text(Self.subtitle(tightest), x: Self.margin, y: top + 35, .faint),
        ]
        if let tightest { addWindow(tightest, floor: floor, to: &drawing) }
        addGrid(ceiling: ceiling, floor: floor, to: &drawing)
        addBars(counts, ceiling: ceiling, floor: floor, over: tightest, to: &drawing)
        addTimes(floor: floor, to: &drawing)
    }

    private func counts(_ timeline: Timeline) -> [Int] {
        var counts = [Int](repeating: 0, count: bars)
        for moment in timeline.moments { counts[Int((moment.at.secondsSince1970 - start) / step)] += moment.pulls }
        return counts
    }

    /// The smallest number 1, 2 or 5 times a power of ten that is not below `count`.
    private static func ceiling(_ count: Int) -> Int {
        var unit = 1
        while unit < 1 << 40 {
            for factor in [1, 2, 5] where unit * factor >= count { return unit * factor }
            unit *= 10
        }
        return count
    }

    private static func title(_ standing: RegistryStanding) -> String {
        "\(standing.registry.name.displayable(limit: 64)): \(standing.pulls.grouped) "
            + (standing.pulls == 1 ? "pull" : "pulls") + " of \(standing.images.grouped) "
            + (standing.images == 1 ? "image" : "images")
    }

    private static func subtitle(_ use: LimitUse?) -> String {
        guard let use else { return "no limit known" }
        let pulls = "\(use.peak.pulls.grouped) of \(use.limit.pulls.grouped) pulls"
        return "busiest \(use.limit.window): \(pulls) (\(use.percent)), " + use.limit.scope.displayable(limit: 64)
    }

    private func addWindow(_ use: LimitUse, floor: Double, to drawing: inout ChartDrawing) {
        let from = x(use.peak.from.secondsSince1970)
        let to = x(use.peak.from.secondsSince1970 + use.limit.window.seconds)
        drawing.shapes.append(
            .rectangle(
                x: from, y: floor - Self.plotHeight, width: max(2, to - from), height: Self.plotHeight, .window,
                title: Self.subtitle(use)))
    }

    private func addGrid(ceiling: Int, floor: Double, to drawing: inout ChartDrawing) {
        let left = Self.margin + Self.axisWidth
        let lines = ceiling % 2 == 0 ? [0, ceiling / 2, ceiling] : [0, ceiling]
        for count in lines {
            let y = floor - Self.plotHeight * Double(count) / Double(ceiling)
            drawing.shapes += [
                .rectangle(x: left, y: y - 0.5, width: Self.plotWidth, height: 1, .grid),
                .text(count.grouped, x: left - 8, y: y + 4, .faint, .end),
            ]
        }
    }

    private func addBars(
        _ counts: [Int], ceiling: Int, floor: Double, over use: LimitUse?, to drawing: inout ChartDrawing
    ) {
        let slot = Self.plotWidth / Double(bars)
        let gap = slot > 3 ? 1.0 : 0
        for (position, count) in counts.enumerated() where count > 0 {
            let height = max(1, Self.plotHeight * Double(count) / Double(ceiling))
            let begin = start + Int64(position) * step
            drawing.shapes.append(
                .rectangle(
                    x: Self.margin + Self.axisWidth + Double(position) * slot, y: floor - height,
                    width: max(1, slot - gap), height: height, isOver(begin, use) ? .over : .bar,
                    title: "\(time(begin, unit: step)): \(count.grouped)"))
        }
    }

    /// Whether the bar overlaps the busiest window and that window has more pulls than allowed.
    private func isOver(_ begin: Int64, _ use: LimitUse?) -> Bool {
        guard let use, use.peak.pulls > use.limit.pulls else { return false }
        let from = use.peak.from.secondsSince1970
        return begin + step > from && begin < from + use.limit.window.seconds
    }

    // MARK: - Time

    /// Adds at most seven labels with times or nine with days, at whole hours or days of the local time.
    private func addTimes(floor: Double, to drawing: inout ChartDrawing) {
        let end = start + Int64(bars) * step
        let offset = zone.offset(at: Instant(secondsSince1970: start))
        let every = Self.steps.first { (end - start) / $0 < ($0 >= 86_400 ? 9 : 7) } ?? (end - start) / 6
        let first = (start + offset + every - 1).floored(to: every) - offset
        for moment in stride(from: first < end ? first : start, to: end, by: Int64.Stride(every)) {
            let x = x(moment)
            drawing.shapes.append(.rectangle(x: x, y: floor, width: 1, height: 4, .grid))
            guard x < drawing.width - Self.labelWidth / 2 else { continue }
            drawing.shapes.append(.text(time(moment, unit: every), x: x, y: floor + 17, .faint, .middle))
        }
    }

    /// The horizontal position of a moment, clipped to the plot.
    private func x(_ moment: Int64) -> Double {
        let share = Double(moment - start) / Double(Int64(bars) * step)
        return Self.margin + Self.axisWidth + Self.plotWidth * min(1, max(0, share))
    }

    private func time(_ moment: Int64, unit: Int64) -> String {
        let format = TimeFormat(unit >= 86_400 ? "%F" : "%F %R") ?? .rfc3339
        return format.text(of: Instant(secondsSince1970: moment), in: zone)
    }
}
