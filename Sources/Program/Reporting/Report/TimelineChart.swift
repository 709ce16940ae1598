// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI

/// Bytes a second at each registry, drawn upwards: bytes read in one colour and bytes written in another, with its
/// pauses and retries, on one time axis.
struct TimelineChart {
    private static let (left, plotWidth, plotHeight, panelHeight) = (96.0, 800.0, 64.0, 118.0)
    private static let panels = 12

    private let timeline: RunTimeline
    private let seconds: Double

    init(_ timeline: RunTimeline, seconds: Double) {
        self.timeline = timeline
        self.seconds = max(seconds, timeline.end, timeline.step)
    }

    var drawing: ChartDrawing {
        let names = timeline.registries.prefix(Self.panels)
        var drawing = ChartDrawing(
            width: Self.left + Self.plotWidth + 24, height: Double(names.count) * Self.panelHeight + 24)
        for (place, name) in names.enumerated() {
            addPanel(name, top: Double(place) * Self.panelHeight, to: &drawing)
        }
        return drawing
    }

    private func addPanel(_ name: String, top: Double, to drawing: inout ChartDrawing) {
        let floor = top + 28 + Self.plotHeight
        let series = timeline.series.first { $0.registry == name } ?? RunTimeline.Series(name)
        let peak = (series.read + series.written).map { Double($0) / timeline.step }.max() ?? 0
        let ceiling = ChartScale.ceiling(ofBytes: max(1, peak))
        drawing.shapes.append(.text(name.displayable(limit: 80), x: 0, y: top + 16, .text, isBold: true))
        for pause in timeline.pauses where pause.registry == name { addPause(pause, floor: floor, to: &drawing) }
        for share in [0, 0.5, 1.0] {
            let y = floor - Self.plotHeight * share
            let label = Quantity.bytes(Int64(saturating: ceiling * share)) + "/s"
            drawing.shapes += [
                .rectangle(x: Self.left, y: y - 0.5, width: Self.plotWidth, height: 1, .grid),
                .text(share == 0 ? "0" : label, x: Self.left - 8, y: y + 4, .faint, .end),
            ]
        }
        addColumns(series.read, .bar, verb: "read", ceiling: ceiling, floor: floor, to: &drawing)
        addColumns(series.written, .other, verb: "written", ceiling: ceiling, floor: floor, to: &drawing)
        for retry in timeline.retries where retry.registry == name {
            drawing.shapes.append(
                .rectangle(
                    x: x(retry.start), y: floor + 1, width: 2, height: 5, .over,
                    title: "retry at \(Quantity.time(retry.start)): \(retry.reason.displayable(limit: 200))"))
        }
        addTimes(floor: floor, to: &drawing)
    }

    private func addPause(_ pause: RunTimeline.Mark, floor: Double, to drawing: inout ChartDrawing) {
        let (from, to) = (x(pause.start), x(pause.start + pause.seconds))
        drawing.shapes.append(
            .rectangle(
                x: from, y: floor - Self.plotHeight, width: max(2, to - from), height: Self.plotHeight, .window,
                title: "pause of \(Quantity.time(pause.seconds)): \(pause.reason.displayable(limit: 200))"))
    }

    private func addColumns(
        _ columns: [Int64], _ role: ChartDrawing.Role, verb: String, ceiling: Double, floor: Double,
        to drawing: inout ChartDrawing
    ) {
        let width = Self.plotWidth * timeline.step / seconds
        for (place, bytes) in columns.enumerated() where bytes > 0 {
            let rate = Double(bytes) / timeline.step
            let height = max(1, Self.plotHeight * min(1, rate / ceiling))
            let time = Double(place) * timeline.step
            drawing.shapes.append(
                .rectangle(
                    x: x(time), y: floor - height, width: max(0.5, width), height: height, role,
                    title: "\(Quantity.time(time)): \(Quantity.rate(bytes, in: timeline.step)) \(verb)"))
        }
    }

    private func addTimes(floor: Double, to drawing: inout ChartDrawing) {
        for time in ChartTimes(seconds).labels {
            drawing.shapes.append(.text(Quantity.axisTime(time), x: x(time), y: floor + 20, .faint, .middle))
        }
    }

    private func x(_ time: Double) -> Double { Self.left + Self.plotWidth * min(1, max(0, time / seconds)) }
}

/// The largest blobs of a run, each from its beginning to its end.
struct WaterfallChart {
    private static let (left, plotWidth, row) = (330.0, 560.0, 18.0)
    private static let most = 40

    private let timeline: RunTimeline
    private let seconds: Double

    init(_ timeline: RunTimeline, seconds: Double) {
        self.timeline = timeline
        self.seconds = max(seconds, timeline.end, 0.001)
    }

    /// The largest blobs, by the registry that they went to, and then in the order in which they began.
    var blobs: [RunTimeline.Blob] {
        timeline.blobs.prefix(Self.most).sorted { ($0.registry, $0.start) < ($1.registry, $1.start) }
    }

    var drawing: ChartDrawing {
        let blobs = blobs
        var drawing = ChartDrawing(width: Self.left + Self.plotWidth + 24, height: Double(blobs.count) * Self.row + 28)
        let floor = Double(blobs.count) * Self.row
        for time in ChartTimes(seconds).labels {
            drawing.shapes += [
                .rectangle(x: x(time), y: 0, width: 1, height: floor, .grid),
                .text(Quantity.axisTime(time), x: x(time), y: floor + 18, .faint, .middle),
            ]
        }
        for pause in timeline.pauses {
            drawing.shapes.append(
                .rectangle(
                    x: x(pause.start), y: 0, width: max(1, x(pause.start + pause.seconds) - x(pause.start)),
                    height: floor, .window, title: "pause of \(pause.registry.displayable)"))
        }
        for (place, blob) in blobs.enumerated() { add(blob, top: Double(place) * Self.row, to: &drawing) }
        return drawing
    }

    private func add(_ blob: RunTimeline.Blob, top: Double, to drawing: inout ChartDrawing) {
        let (from, to) = (x(blob.start), x(blob.end))
        let length = Quantity.time(blob.end - blob.start)
        drawing.shapes += [
            .text(blob.label, x: Self.left - 8, y: top + 13, .faint, .end),
            .rectangle(
                x: from, y: top + 3, width: max(2, to - from), height: Self.row - 6, .bar,
                title:
                    "\(blob.digest.displayable), \(Quantity.bytes(blob.size)) to \(blob.target.displayable) in \(length)"
            ),
        ]
    }

    private func x(_ time: Double) -> Double { Self.left + Self.plotWidth * min(1, max(0, time / seconds)) }
}

/// How all bytes got to their targets, as one bar.
struct OutcomeBar {
    struct Part {
        var name: String
        var bytes: Int64
        var role: ChartDrawing.Role
    }

    let parts: [Part]

    var drawing: ChartDrawing {
        let width = 900.0
        var drawing = ChartDrawing(width: width, height: 52)
        let total = parts.reduce(0.0) { $0 + Double($1.bytes) }
        var x = 0.0
        for part in parts where part.bytes > 0 {
            let length = width * Double(part.bytes) / max(1, total)
            let text = "\(Quantity.bytes(part.bytes)) \(part.name)"
            drawing.shapes.append(.rectangle(x: x, y: 0, width: max(1, length), height: 24, part.role, title: text))
            x += length
        }
        x = 0
        for part in parts where part.bytes > 0 {
            let text = "\(Quantity.bytes(part.bytes)) \(part.name)"
            drawing.shapes += [
                .rectangle(x: x, y: 34, width: 10, height: 10, part.role), .text(text, x: x + 16, y: 43, .text),
            ]
            x += 48 + 7 * Double(text.count)
        }
        return drawing
    }
}

private struct ChartTimes {
    let labels: [Double]

    init(_ seconds: Double) {
        let step = ChartScale.timeStep(seconds, most: 8)
        labels = Array(stride(from: 0, through: seconds, by: max(0.001, step)).prefix(20))
    }
}

extension RunTimeline {
    /// When the last column or blob ended.
    fileprivate var end: Double {
        let columns = series.map { max($0.read.count, $0.written.count) }.max() ?? 0
        return max(Double(columns) * step, blobs.map(\.end).max() ?? 0)
    }

    /// The registries with bytes, then those with only pauses or retries.
    var registries: [String] {
        var names = series.map(\.registry)
        for mark in pauses + retries where !names.contains(mark.registry) { names.append(mark.registry) }
        return names
    }
}

extension RunTimeline.Blob {
    fileprivate var registry: Substring { target.prefix { $0 != "/" } }

    /// The end of the repository's name and the size, which distinguish blobs on a narrow margin.
    fileprivate var label: String {
        let name = target.displayable(limit: 120)
        return (name.count > 34 ? "…" + name.suffix(33) : name) + "  " + Quantity.bytes(size)
    }
}

extension Quantity {
    /// Whole seconds below a minute.
    fileprivate static func axisTime(_ seconds: Double) -> String {
        seconds < 60 ? "\(fixed(seconds, decimals: seconds == seconds.rounded() ? 0 : 1))s" : time(seconds)
    }
}
