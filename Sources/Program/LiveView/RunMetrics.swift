// SPDX-License-Identifier: Apache-2.0

import OCI
import Reporting

/// A run as metrics. Labels hold registries, hosts, sides and outcomes: never a repository, a tag or a digest.
struct RunMetrics {
    private let reading: LiveReading
    private let command: String

    /// - Parameter command: `batch`, `verify`.
    init(_ reading: LiveReading, command: String) {
        self.reading = reading
        self.command = command
    }

    var families: [MetricFamily] { run + items + bytes + registries + hosts }

    // MARK: - The whole run

    private var run: [MetricFamily] {
        let version = String(reading.report.program.split(separator: " ").last ?? "")
        return [
            MetricFamily(
                "transship_run", .info, help: "The command that runs, and the program's version.",
                [.init(["command": command, "version": version], 1)]),
            MetricFamily(
                "transship_run_duration_seconds", .gauge, unit: "seconds", help: "Time since the run began.",
                [.init(reading.facts.elapsed)]),
            MetricFamily(
                "transship_run_progress_ratio", .gauge, unit: "ratio",
                help: "The share of the work that is done, from 0 to 1.",
                reading.facts.share.map { [.init($0)] } ?? []),
        ]
    }

    private var items: [MetricFamily] {
        [
            MetricFamily(
                "transship_run_items", .gauge, help: "Items that the run has to end.",
                [.init(Double(reading.facts.items.total))]),
            MetricFamily(
                "transship_items", .counter, help: "Items that ended, by outcome.",
                reading.changes.outcomes(ofAudit: command == "verify").map { .init(["outcome": $0], Double($1)) }),
        ]
    }

    private var bytes: [MetricFamily] {
        guard let bytes = reading.facts.bytes else { return [] }
        return [
            MetricFamily(
                "transship_planned_bytes", .gauge, unit: "bytes",
                help: "Bytes of blobs that have to be sent or, to verify them, read, as far as is known.",
                [.init(Double(bytes.known))]),
            MetricFamily(
                "transship_done_bytes", .gauge, unit: "bytes",
                help: "Of the planned bytes, those that have been sent or read.",
                [.init(Double(bytes.done))]),
            MetricFamily(
                "transship_plan_complete", .gauge,
                help: "1 where all manifests are read, so that the planned bytes do not grow.",
                [.init(bytes.isGrowing ? 0 : 1)]),
        ]
    }

    // MARK: - Registries

    private var registries: [MetricFamily] { outcomes + troubles + lanes }

    private var outcomes: [MetricFamily] {
        let rows = reading.report.registries
        return [
            MetricFamily(
                "transship_registry_items", .counter, help: "Items that arrived, at their source and at their target.",
                rows.flatMap { row -> [MetricFamily.Sample] in
                    [
                        .init(["registry": row.name, "side": "source"], Double(row.itemsRead)),
                        .init(["registry": row.name, "side": "target"], Double(row.itemsWritten)),
                    ]
                }),
            MetricFamily(
                "transship_blobs", .counter,
                help: "Blobs that repositories of a target wanted, by what became of them.",
                rows.flatMap { row in
                    Self.samples(row.name, [row.blobsSent, row.blobsMounted, row.blobsPresent].map(Double.init))
                }),
            MetricFamily(
                "transship_blob_bytes", .counter, unit: "bytes", help: "Bytes of these blobs, once they are there.",
                rows.flatMap { row in
                    Self.samples(row.name, [row.bytesArrived, row.bytesMounted, row.bytesPresent].map(Double.init))
                }),
            MetricFamily(
                "transship_traffic_bytes", .counter, unit: "bytes",
                help: "Bytes of blobs read from a source and written to a target, repeated ones included.",
                reading.traffic.flatMap { row -> [MetricFamily.Sample] in
                    [
                        .init(["registry": row.registry, "side": "source"], Double(row.read)),
                        .init(["registry": row.registry, "side": "target"], Double(row.written)),
                    ]
                }),
            counter("transship_manifests_stored", "Manifests stored at a target.") { Double($0.manifestsStored) },
        ]
    }

    private static func samples(_ registry: String, _ values: [Double]) -> [MetricFamily.Sample] {
        zip(["sent", "mounted", "present"], values).map { .init(["registry": registry, "outcome": $0], $1) }
    }

    private var troubles: [MetricFamily] {
        [
            counter("transship_item_failures", "Items that failed at a registry.") { Double($0.failures) },
            counter("transship_retries", "Requests that were sent again.") { Double($0.retries) },
            counter("transship_pauses", "Times that nothing was asked of a registry for a while.") {
                Double($0.pauses)
            },
            counter("transship_paused_seconds", unit: "seconds", "Length of these pauses.", \.secondsPaused),
        ]
    }

    private func counter(
        _ name: String, unit: String? = nil, _ help: String, _ value: (RunReport.Registry) -> Double
    ) -> MetricFamily {
        MetricFamily(
            name, .counter, unit: unit, help: help,
            reading.report.registries.map { .init(["registry": $0.name], value($0)) })
    }

    private var lanes: [MetricFamily] {
        let rows = reading.facts.registries
        return [
            MetricFamily(
                "transship_requests_in_flight", .gauge, help: "Requests under way.",
                rows.map { .init(["registry": $0.name], Double($0.inFlight)) }),
            MetricFamily(
                "transship_requests_limit", .gauge, help: "Requests that may be under way at once now.",
                rows.compactMap { row in row.limit.map { .init(["registry": row.name], Double($0)) } }),
            MetricFamily(
                "transship_wait_seconds", .gauge, unit: "seconds",
                help: "Time until a registry is asked again; 0 without a pause.",
                rows.map { .init(["registry": $0.name], $0.wait?.seconds ?? 0) }),
        ]
    }

    // MARK: - Hosts

    /// A host may have several origins: http and https, or ports.
    private var hosts: [MetricFamily] {
        let rows = reading.report.origins
        return [
            MetricFamily(
                "transship_requests", .counter, help: "Requests sent, with those to token services and storage.",
                rows.map { .init(["origin": $0.name], Double($0.requests)) }),
            MetricFamily(
                "transship_body_bytes", .counter, unit: "bytes", help: "Bytes of the bodies of requests and responses.",
                rows.flatMap { row -> [MetricFamily.Sample] in
                    [
                        .init(["direction": "sent", "origin": row.name], Double(row.bytesSent)),
                        .init(["direction": "received", "origin": row.name], Double(row.bytesReceived)),
                    ]
                }),
        ]
    }
}
