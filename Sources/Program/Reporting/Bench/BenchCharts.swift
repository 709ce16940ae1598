// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Charts
import OCI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One horizontal bar for each row, on a common scale from 0. Names stand above the bars, where there is room for them on
/// every screen.
struct BarChart {
    struct Row {
        var name: String
        var value: Double
        /// The text after the name.
        var label: String
        /// Further values, which are shown as marks.
        var marks: [Double] = []
        var role = ChartDrawing.Role.bar
    }

    private static let rowHeight = 40.0

    let rows: [Row]

    var drawing: ChartDrawing {
        var drawing = ChartDrawing(width: 1, height: Double(rows.count) * Self.rowHeight)
        let most = rows.flatMap { [$0.value] + $0.marks }.max() ?? 0
        guard most > 0 else { return drawing }
        let length = { (value: Double) in max(0, value) / most }
        for (place, row) in rows.enumerated() {
            let top = Double(place) * Self.rowHeight
            drawing.shapes += [
                .text(row.name, x: 0, y: top + 14, .text, note: row.label),
                .rectangle(
                    x: 0, y: top + 20, width: max(0.002, length(row.value)), height: 14, row.role,
                    title: "\(row.name) \(row.label)"),
            ]
            drawing.shapes += row.marks.map { .mark(x: length($0), y: top + 18, pixels: 2, height: 18, .text) }
        }
        return drawing
    }
}

/// Percentiles of latencies, one row each, on a logarithmic axis.
struct LatencyChart {
    private static let rowHeight = 40.0

    let rows: [(name: String, latency: LatencySummary)]

    var drawing: ChartDrawing {
        let floor = Double(rows.count) * Self.rowHeight
        var drawing = ChartDrawing(width: 1, height: floor + 24)
        guard let axis = LogarithmicAxis(rows.flatMap { [$0.latency.p50, $0.latency.max] }) else { return drawing }
        drawing.addAxis(axis.labels.map { (axis.place($0), Quantity.latency($0)) }, floor: floor)
        for (place, row) in rows.enumerated() { add(row, top: Double(place) * Self.rowHeight, axis, to: &drawing) }
        return drawing
    }

    private func add(
        _ row: (name: String, latency: LatencySummary), top: Double, _ axis: LogarithmicAxis,
        to drawing: inout ChartDrawing
    ) {
        let latency = row.latency
        let (median, longest) = (Quantity.latency(latency.p50), Quantity.latency(latency.max))
        let title =
            "\(row.name): p50 \(median), p90 \(Quantity.latency(latency.p90)), p99 \(Quantity.latency(latency.p99)), "
            + "p99.9 \(Quantity.latency(latency.p999)), max \(longest)"
        drawing.shapes.append(.text(row.name, x: 0, y: top + 14, .text, note: "p50 \(median), max \(longest)"))
        let parts: [(Double, Double, Double, ChartDrawing.Role)] = [
            (latency.p50, latency.p90, 0, .bar), (latency.p90, latency.p99, 3, .other),
            (latency.p99, latency.p999, 6, .present),
        ]
        for (from, to, inset, role) in parts {
            let (from, to) = (axis.place(from), axis.place(to))
            drawing.shapes.append(
                .rectangle(
                    x: min(from, 0.998), y: top + 20 + inset, width: max(0.002, to - from), height: 16 - 2 * inset,
                    role,
                    title: title))
        }
        drawing.shapes.append(
            .mark(x: axis.place(latency.max), y: top + 20, pixels: 2, height: 16, .over, title: title))
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
