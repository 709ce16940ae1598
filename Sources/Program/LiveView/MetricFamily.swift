// SPDX-License-Identifier: Apache-2.0

import OCI

/// The samples of one metric name, as OpenMetrics defines them.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable {
        case counter
        case gauge
        case info
    }

    struct Sample: Sendable, Hashable {
        var labels: [String: String]
        var value: Double

        init(_ labels: [String: String], _ value: Double) {
            self.labels = labels
            self.value = value
        }

        init(_ value: Double) { self.init([:], value) }
    }

    /// The name without `_total` and `_info`. It ends in the unit, if there is one.
    var name: String
    var kind: Kind
    var unit: String?
    var help: String
    var samples: [Sample]

    init(_ name: String, _ kind: Kind, unit: String? = nil, help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.samples = samples
    }

    /// The name of the samples.
    private var sampleName: String {
        switch kind {
        case .counter: name + "_total"
        case .gauge: name
        case .info: name + "_info"
        }
    }

    func text(_ form: MetricsForm) -> String {
        // Prometheus's older format has no units and no info type, and its comment lines name the samples.
        let isOpen = form == .openMetrics
        let (subject, type) = isOpen ? (name, kind.rawValue) : (sampleName, kind == .info ? "gauge" : kind.rawValue)
        var lines = ["# HELP \(subject) \(help)", "# TYPE \(subject) \(type)"]
        if isOpen, let unit { lines.append("# UNIT \(subject) \(unit)") }
        lines += samples.map { "\(sampleName)\(Self.text($0.labels)) \(Self.text($0.value))" }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func text(_ labels: [String: String]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value.escapedForLabel)\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// Whole numbers without a fraction.
    private static func text(_ value: Double) -> String {
        guard value.isFinite else { return "NaN" }
        return value == value.rounded() && value.magnitude < 1e15 ? String(Int64(value)) : String(value)
    }
}

extension [MetricFamily] {
    /// The whole answer. A family without samples is left out.
    func text(_ form: MetricsForm) -> String {
        filter { !$0.samples.isEmpty }.map { $0.text(form) }.joined() + (form == .openMetrics ? "# EOF\n" : "")
    }
}

extension String {
    fileprivate var escapedForLabel: String {
        displayable.replacingScalars { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: nil
            }
        }
    }
}
