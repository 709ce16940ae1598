// SPDX-License-Identifier: Apache-2.0

import BatchList
import OCI
import Overlays
import Rewriting
import Scanning
import Testing

/// What a chart pulls after its values were changed, or others given with them, is the copies of what it pulled before; or
/// what it pulled before, and that was said.
@Suite struct RenderedChartTests {
    @Test(arguments: ChartShape.all, TargetMapping.allCases)
    func `of every known shape pulls the copies once its values are rewritten`(
        shape: ChartShape, map: TargetMapping
    ) throws {
        let chart = shape.chart(RandomWords(seed: 1))
        let outcome = try Outcome(rewriting: chart, map)
        #expect(outcome.problems == [], "\(chart.values)\n\(outcome.values)")
        if map == .asWritten { #expect(outcome.moved > 0) }
    }

    @Test(arguments: ChartShape.all, TargetMapping.allCases)
    func `of every known shape pulls the copies with the values that are made for it`(
        shape: ChartShape, map: TargetMapping
    ) throws {
        let chart = shape.chart(RandomWords(seed: 2))
        let outcome = try Outcome(emittingFor: chart, map)
        #expect(outcome.problems == [], "\(chart.values)\n\(outcome.values)")
        if map == .asWritten { #expect(outcome.moved > 0) }
    }

    /// Several shapes in one chart, which may share keys, some images having their copies already.
    @Test(arguments: 0..<150) func `of any mixture of shapes pulls nothing else`(seed: UInt64) throws {
        var words = RandomWords(seed: seed, hasAll: true)
        let chart = Chart(mixing: (0..<words.number(1...4)).map { _ in words.pick(ChartShape.all) }, &words)
        for map in TargetMapping.allCases {
            let rewritten = try Outcome(rewriting: chart, map)
            #expect(rewritten.problems == [], "\(map): \(chart.values)\n\(rewritten.values)")
            let emitted = try Outcome(emittingFor: chart, map)
            #expect(emitted.problems == [], "\(map): \(chart.values)\n\(emitted.values)")
        }
    }
}

/// What a chart pulls before and after.
private struct Outcome {
    private(set) var values = ""
    private(set) var moved = 0
    private(set) var problems: [String] = []

    private static let prefix = "r.example/m"

    init(rewriting chart: Chart, _ map: TargetMapping) throws {
        let mapping = try Self.mapping(map)
        let bytes = Array(chart.values.utf8)
        let rewriter = FileRewriter(scans: [{ FileScanner().scan($0, kind: .helmValues) }]) {
            Self.decision($0, mapping)
        }
        let rewritten = rewriter.rewrite(bytes)
        values = String(decoding: rewritten.bytes, as: UTF8.self)
        compare(chart, ChartValue(yaml: values), mapping, told: rewritten.refused.count)
    }

    init(emittingFor chart: Chart, _ map: TargetMapping) throws {
        let mapping = try Self.mapping(map)
        let bytes = Array(chart.values.utf8)
        let source = OverlaySource(
            file: "values.yaml", bytes: bytes, findings: FileScanner().scan(bytes, kind: .helmValues).findings)
        let overlay = Overlay(.helmValues, [source], decide: { Self.decision($0, mapping) }) {
            $0.reference.map(mapping.nameDecision) ?? .leave
        }
        values = overlay.files.first?.text ?? ""
        let merged = ChartValue(yaml: chart.values).merged(with: ChartValue(yaml: values))
        compare(chart, merged, mapping, told: overlay.uncovered.count)
    }

    private static func mapping(_ map: TargetMapping) throws -> ImageMapping {
        .rule(TargetRule(prefix: try TargetPrefix(parsing: prefix), mapping: map))
    }

    private static func decision(_ finding: Finding, _ mapping: ImageMapping) -> RewriteDecision {
        if let name = finding.named?.reference { return mapping.nameDecision(for: name) }
        return finding.reference.map(mapping.decision) ?? .refuse("no value")
    }

    private mutating func compare(_ chart: Chart, _ values: ChartValue, _ mapping: ImageMapping, told: Int) {
        let before = ChartRenderer(values: ChartValue(yaml: chart.values)).images(chart.templates)
        let after = ChartRenderer(values: values).images(chart.templates)
        var silent = 0
        for (old, new) in zip(before, after) {
            guard let image = ImageName.reference(old) else {
                problems.append("the chart itself makes \(old)")
                continue
            }
            guard case .replace(let target) = mapping.decision(for: image) else {
                if old != new { problems.append("\(old), which was to stay, became \(new)") }
                continue
            }
            if new == old {
                silent += 1
            } else if new == target.asTyped {
                moved += 1
            } else {
                problems.append("\(old) became \(new) instead of \(target.asTyped)")
            }
        }
        if silent > told { problems.append("\(silent) images stay, and \(told) were named") }
    }
}
