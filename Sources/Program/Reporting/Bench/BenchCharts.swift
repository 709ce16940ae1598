// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Charts
import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One horizontal bar for each row, on a common scale from 0.
struct BarChart {
    struct Row {
        var name: String
        var value: Double
        /// The text after the bar.
        var label: String
        /// Further values, which are shown as marks.
        var marks: [Double] = []
        var role = ChartDrawing.Role.bar
    }

    private static let (left, plotWidth, rowHeight) = (130.0, 560.0, 24.0)

    let rows: [Row]

    var drawing: ChartDrawing {
        var drawing = ChartDrawing(
            width: Self.left + Self.plotWidth + 160, height: Double(rows.count) * Self.rowHeight + 4)
        let most = rows.flatMap { [$0.value] + $0.marks }.max() ?? 0
        guard most > 0 else { return drawing }
        let length = { (value: Double) in Self.plotWidth * max(0, value) / most }
        for (place, row) in rows.enumerated() {
            let top = Double(place) * Self.rowHeight
            drawing.shapes += [
                .text(row.name, x: Self.left - 8, y: top + 16, .text, .end),
                .rectangle(
                    x: Self.left, y: top + 4, width: max(1, length(row.value)), height: Self.rowHeight - 8, row.role,
                    title: "\(row.name) \(row.label)"),
                .text(
                    row.label, x: Self.left + (([row.value] + row.marks).map(length).max() ?? 0) + 8, y: top + 16,
                    .faint),
            ]
            drawing.shapes += row.marks.map {
                .rectangle(x: Self.left + length($0) - 1, y: top + 2, width: 2, height: Self.rowHeight - 4, .text)
            }
        }
        return drawing
    }
}

/// Percentiles of latencies, one row each, on a logarithmic axis.
struct LatencyChart {
    private static let (left, plotWidth, rowHeight) = (130.0, 680.0, 24.0)

    let rows: [(name: String, latency: LatencySummary)]

    var drawing: ChartDrawing {
        var drawing = ChartDrawing(
            width: Self.left + Self.plotWidth + 40, height: Double(rows.count) * Self.rowHeight + 28)
        guard let axis = LogarithmicAxis(rows.flatMap { [$0.latency.p50, $0.latency.max] }) else { return drawing }
        let floor = Double(rows.count) * Self.rowHeight
        for label in axis.labels {
            let x = Self.left + Self.plotWidth * axis.place(label)
            drawing.shapes += [
                .rectangle(x: x, y: 0, width: 1, height: floor, .grid),
                .text(Quantity.latency(label), x: x, y: floor + 18, .faint, .middle),
            ]
        }
        for (place, row) in rows.enumerated() { add(row, top: Double(place) * Self.rowHeight, axis, to: &drawing) }
        return drawing
    }

    private func add(
        _ row: (name: String, latency: LatencySummary), top: Double, _ axis: LogarithmicAxis,
        to drawing: inout ChartDrawing
    ) {
        let x = { (seconds: Double) in Self.left + Self.plotWidth * axis.place(seconds) }
        let latency = row.latency
        let title =
            "\(row.name): p50 \(Quantity.latency(latency.p50)), p90 \(Quantity.latency(latency.p90)), p99 "
            + "\(Quantity.latency(latency.p99)), p99.9 \(Quantity.latency(latency.p999)), max "
            + "\(Quantity.latency(latency.max))"
        drawing.shapes.append(.text(row.name, x: Self.left - 8, y: top + 16, .text, .end))
        let parts: [(Double, Double, Double, ChartDrawing.Role)] = [
            (latency.p50, latency.p90, 4, .bar), (latency.p90, latency.p99, 7, .other),
            (latency.p99, latency.p999, 10, .present),
        ]
        for (from, to, inset, role) in parts {
            drawing.shapes.append(
                .rectangle(
                    x: x(from), y: top + inset, width: max(1, x(to) - x(from)), height: Self.rowHeight - 2 * inset,
                    role,
                    title: title))
        }
        drawing.shapes.append(
            .rectangle(x: x(latency.max) - 1, y: top + 4, width: 2, height: Self.rowHeight - 8, .over, title: title))
    }
}

/// An axis with labels at the powers of ten around the values.
private struct LogarithmicAxis {
    let labels: [Double]

    /// nil if no value is above 0.
    init?(_ values: [Double]) {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        guard let least = positive.min(), let most = positive.max() else { return nil }
        let floor = Self.steps.last { $0 <= least } ?? Self.steps[0]
        let ceiling = Self.steps.first { $0 >= most } ?? Self.steps[Self.steps.count - 1]
        labels = Self.steps.filter { (floor...max(ceiling, floor)).contains($0) }
    }

    private static let steps: [Double] = [1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000, 1e4]

    /// The position of a value on the axis, from 0 to 1.
    func place(_ value: Double) -> Double {
        guard labels.count > 1, let next = labels.firstIndex(where: { $0 >= value }) else {
            return value > labels[0] ? 1 : 0
        }
        guard next > 0 else { return 0 }
        return (Double(next - 1) + log10(value / labels[next - 1])) / Double(labels.count - 1)
    }
}
