// SPDX-License-Identifier: Apache-2.0

import Charts
import OCI

/// Bytes a second at each registry, drawn upwards: bytes read in one colour and bytes written in another, with its
/// pauses and retries, on one time axis.
struct TimelineChart {
    private static let (plotHeight, panelHeight) = (64.0, 136.0)
    private static let panels = 12

    private let timeline: RunTimeline
    private let seconds: Double

    init(_ timeline: RunTimeline, seconds: Double) {
        self.timeline = timeline
        self.seconds = max(seconds, timeline.end, timeline.step)
    }

    var drawing: ChartDrawing {
        let names = timeline.registries.prefix(Self.panels)
        var drawing = ChartDrawing(width: 1, height: Double(names.count) * Self.panelHeight)
        for (place, name) in names.enumerated() {
            addPanel(name, top: Double(place) * Self.panelHeight, to: &drawing)
        }
        return drawing
    }

    private func addPanel(_ name: String, top: Double, to drawing: inout ChartDrawing) {
        let floor = top + 40 + Self.plotHeight
        let series = timeline.series.first { $0.registry == name } ?? RunTimeline.Series(name)
        let peak = (series.read + series.written).map { Double($0) / timeline.step }.max() ?? 0
        let ceiling = ChartScale.ceiling(ofBytes: max(1, peak))
        let label = Quantity.bytes(Int64(saturating: ceiling)) + "/s"
        drawing.shapes += [
            .text(
                name.displayable(limit: ChartDrawing.wideText), x: 0, y: top + 16, .text, isBold: true,
                brief: name.displayable(limit: ChartDrawing.narrowText)),
            // No column reaches above the line to which the label belongs.
            .text(label, x: 0, y: floor - Self.plotHeight - 4, .faint),
        ]
        for pause in timeline.pauses where pause.registry == name { addPause(pause, floor: floor, to: &drawing) }
        for share in [0, 0.5, 1.0] {
            drawing.shapes.append(
                .rectangle(x: 0, y: floor - Self.plotHeight * share - 0.5, width: 1, height: 1, .grid))
        }
        addColumns(series.read, .bar, verb: "read", ceiling: ceiling, floor: floor, to: &drawing)
        addColumns(series.written, .other, verb: "written", ceiling: ceiling, floor: floor, to: &drawing)
        for retry in timeline.retries where retry.registry == name {
            drawing.shapes.append(
                .mark(
                    x: x(retry.start), y: floor + 1, pixels: 2, height: 5, .over,
                    title: "retry at \(Quantity.time(retry.start)): \(retry.reason.displayable(limit: 200))"))
        }
        drawing.addAxis(axisTimes(seconds), floor: floor, hasLines: false)
    }

    private func addPause(_ pause: RunTimeline.Mark, floor: Double, to drawing: inout ChartDrawing) {
        let (from, to) = (x(pause.start), x(pause.start + pause.seconds))
        drawing.shapes.append(
            .rectangle(
                x: from, y: floor - Self.plotHeight, width: max(0.002, to - from), height: Self.plotHeight, .window,
                title: "pause of \(Quantity.time(pause.seconds)): \(pause.reason.displayable(limit: 200))"))
    }

    private func addColumns(
        _ columns: [Int64], _ role: ChartDrawing.Role, verb: String, ceiling: Double, floor: Double,
        to drawing: inout ChartDrawing
    ) {
        let width = timeline.step / seconds
        for (place, bytes) in columns.enumerated() where bytes > 0 {
            let rate = Double(bytes) / timeline.step
            let height = max(1, Self.plotHeight * min(1, rate / ceiling))
            let time = Double(place) * timeline.step
            drawing.shapes.append(
                .rectangle(
                    x: x(time), y: floor - height, width: min(max(0.0005, width), 1 - x(time)), height: height, role,
                    title: "\(Quantity.time(time)): \(Quantity.rate(bytes, in: timeline.step)) \(verb)"))
        }
    }

    private func x(_ time: Double) -> Double { min(1, max(0, time / seconds)) }
}

/// The largest blobs of a run, each from its beginning to its end.
struct WaterfallChart {
    private static let row = 32.0
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
        let floor = Double(blobs.count) * Self.row
        var drawing = ChartDrawing(width: 1, height: floor + 24)
        drawing.addAxis(axisTimes(seconds), floor: floor)
        for pause in timeline.pauses {
            drawing.shapes.append(
                .rectangle(
                    x: x(pause.start), y: 0, width: max(0.001, x(pause.start + pause.seconds) - x(pause.start)),
                    height: floor, .window, title: "pause of \(pause.registry.displayable)"))
        }
        for (place, blob) in blobs.enumerated() { add(blob, top: Double(place) * Self.row, to: &drawing) }
        return drawing
    }

    private func add(_ blob: RunTimeline.Blob, top: Double, to drawing: inout ChartDrawing) {
        let (from, to) = (x(blob.start), x(blob.end))
        let length = Quantity.time(blob.end - blob.start)
        drawing.shapes += [
            .text(
                blob.label(ChartDrawing.wideText), x: 0, y: top + 13, .faint,
                brief: blob.label(ChartDrawing.narrowText)),
            .rectangle(
                x: min(from, 0.998), y: top + 18, width: max(0.002, to - from), height: 12, .bar,
                title:
                    "\(blob.digest.displayable), \(Quantity.bytes(blob.size)) to \(blob.target.displayable) in \(length)"
            ),
        ]
    }

    private func x(_ time: Double) -> Double { min(1, max(0, time / seconds)) }
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
        let shown = parts.filter { $0.bytes > 0 }
        var drawing = ChartDrawing(width: 1, height: 32 + 18 * Double(shown.count))
        let total = shown.reduce(0.0) { $0 + Double($1.bytes) }
        var x = 0.0
        for (place, part) in shown.enumerated() {
            let share = Double(part.bytes) / total
            let text = "\(Quantity.bytes(part.bytes)) \(part.name)"
            let y = 32 + 18 * Double(place)
            drawing.shapes += [
                .rectangle(x: min(x, 0.998), y: 0, width: max(0.002, share), height: 24, part.role, title: text),
                .mark(x: 0, y: y, pixels: 10, height: 10, part.role), .text(text, x: 0, y: y + 10, .text, indent: 16),
            ]
            x += share
        }
        return drawing
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

    /// The end of the repository's name and the size, which distinguish blobs where there is little room.
    fileprivate func label(_ limit: Int) -> String {
        let (name, most) = (target.displayable(limit: 120), limit - 10)
        return (name.count > most ? "…" + name.suffix(most - 1) : name) + " " + Quantity.bytes(size)
    }
}

/// Times for an axis, each with its share of the whole.
private func axisTimes(_ seconds: Double) -> [(share: Double, text: String)] {
    let step = max(0.001, ChartScale.timeStep(seconds, most: 8))
    return stride(from: 0, through: seconds, by: step).prefix(20).map { ($0 / seconds, Quantity.axisTime($0)) }
}

extension Quantity {
    /// Whole seconds below a minute.
    fileprivate static func axisTime(_ seconds: Double) -> String {
        seconds < 60 ? "\(fixed(seconds, decimals: seconds == seconds.rounded() ? 0 : 1))s" : time(seconds)
    }
}
