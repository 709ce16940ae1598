// SPDX-License-Identifier: Apache-2.0

/// The text format of metrics.
enum MetricsForm: Sendable {
    /// Prometheus's text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    var mediaType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// - Parameter accepted: the elements of `Accept`. OpenMetrics must be asked for by name (RFC 9110 §12.5.1).
    init(accepted: [String]) {
        let weights = accepted.map(Self.weighted)
        let open = weights.first { $0.type == "application/openmetrics-text" }?.weight ?? 0
        let plain = weights.first { $0.type == "text/plain" }?.weight ?? 0
        self = open > 0 && open >= plain ? .openMetrics : .prometheus
    }

    private static func weighted(_ element: String) -> (type: String, weight: Double) {
        let parts = element.lowercased().split(separator: ";").map { $0.filter { !$0.isWhitespace } }
        let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
        return (parts.first ?? "", weight ?? 1)
    }
}
