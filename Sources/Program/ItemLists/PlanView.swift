// SPDX-License-Identifier: Apache-2.0

import Content
package import OCI
import Planning
import PullLogs
package import Reporting
import TransferEngine

/// A plan for people and for programs.
package struct PlanView {
    private let result: PlanResult
    private let rate: Double
    private let connections: Int

    /// - Parameters:
    ///   - rate: bytes a second to and from each registry, for the estimate of time.
    ///   - connections: requests at once to each registry, for the estimate of time.
    package init(_ result: PlanResult, rate: Double, connections: Int) {
        self.result = result
        self.rate = rate
        self.connections = connections
    }

    private var estimate: RunEstimate { result.estimate }

    private var seconds: Double {
        estimate.seconds(rate: rate, connections: connections) { store in
            result.answerTimes[store]?.mean.map(Quantity.seconds) ?? 0
        }
    }

    // MARK: - Text

    package var text: String {
        var lines = TextTable(
            [
                "REGISTRY", "READ", "WRITTEN", "REQUESTS", "BYTES READ", "BYTES WRITTEN", "MOUNTED", "PRESENT",
                "MANIFEST GETS",
            ],
            estimate.registries.map { row in
                [
                    row.name.displayable, "\(row.itemsRead)", "\(row.itemsWritten)", "\(row.cost.requests)",
                    Quantity.bytes(row.cost.bytesRead), Quantity.bytes(row.cost.bytesWritten),
                    Quantity.bytes(row.cost.bytesMounted), Quantity.bytes(row.cost.bytesPresent), "\(row.cost.pulls)",
                ]
            }
        ).lines
        lines += [""] + shardLines
        lines.append(itemsLine)
        lines.append(
            "\(Quantity.bytes(estimate.bytes)) to move in \(Quantity.count(estimate.requests, "request"))"
                + (estimate.bytesMounted > 0 ? ", \(Quantity.bytes(estimate.bytesMounted)) shared by mounts" : ""))
        lines += unprovenLines
        lines += quotaLines
        lines += result.allowances.sorted { $0.key.name < $1.key.name }.map { "\($0): \($1.text)" }
        lines.append(
            "about \(time(seconds)) at \(Quantity.rate(Int64(saturating: rate), in: 1)) to and from each registry")
        return lines.joined(separator: "\n")
    }

    /// The numbers of the plan's last lines, for programs that read messages. The notice has no text for people,
    /// because they see the numbers on standard output.
    package var summary: Notice {
        Notice(
            .info, "summary", "",
            fields: [
                "items": JSON(result.listed.names.count), "toCopy": JSON(estimate.toCopy),
                "unchanged": JSON(estimate.unchanged), "kept": JSON(estimate.kept),
                "failed": JSON(result.failures.count), "unknown": JSON(estimate.unknown.count),
                "bytes": JSON(estimate.bytes), "requests": JSON(estimate.requests),
            ])
    }

    private var itemsLine: String {
        var parts = ["\(estimate.toCopy) to copy", "\(estimate.unchanged) unchanged"]
        if estimate.kept > 0 { parts.append("\(estimate.kept) kept as the target has it") }
        parts.append("\(result.failures.count) cannot be read")
        if !estimate.unknown.isEmpty {
            parts.append("\(estimate.unknown.count) not known: their target did not answer")
        }
        return "\(Quantity.count(result.listed.names.count, "item")): \(parts.joined(separator: ", "))"
    }

    private var shardLines: [String] {
        guard let plan = result.plan else { return [] }
        let rows = shardFigures(plan).enumerated().map { shard, figures in
            ["\(shard)", "\(figures.items)", Quantity.bytes(figures.bytes)]
        }
        return TextTable(["SHARD", "ITEMS", "BYTES"], rows).lines + ["plan \(plan.digest.short)", ""]
    }

    private var unprovenLines: [String] {
        estimate.registries.compactMap { registry in
            guard let more = registry.unmounted, more.requests > 0 else { return nil }
            return
                "\(registry.name.displayable) has none of these blobs yet, so the plan cannot find out whether it mounts. "
                + "If it does not: up to about \(Quantity.count(more.requestsInAll, "request"))"
                + (more.bytes > 0 ? " and \(Quantity.bytes(more.bytes))" : "") + " more"
        }
    }

    private var quotaLines: [String] {
        estimate.registries.flatMap { registry in
            PullLimit.of(registry.name).map { limit in
                let wait = limit.shortestWait(for: registry.cost.pulls)
                return "\(registry.name.displayable) counts \(Quantity.count(registry.cost.pulls, "pull")); it allows "
                    + "\(limit.text) \(limit.scope): "
                    + (wait == 0 ? "enough, if none are used" : "at least \(wait / 3600)h, if none are used")
            }
        }
    }

    private func time(_ seconds: Double) -> String {
        Quantity.time(seconds)
    }

    // MARK: - JSON

    package var json: JSON {
        .object([
            "list": JSON(result.listDigest?.text),
            "items": JSON(result.listed.names.count), "toCopy": JSON(estimate.toCopy),
            "unchanged": JSON(estimate.unchanged), "kept": JSON(estimate.kept),
            "unreadable": JSON(result.failures.count),
            "unknown": JSON(estimate.unknown.count),
            "bytes": JSON(estimate.bytes), "bytesMounted": JSON(estimate.bytesMounted),
            "requests": JSON(estimate.requests), "seconds": JSON(Int64(saturating: seconds.rounded(.up))),
            "registries": .array(estimate.registries.map(json)), "shards": shardJSON,
            "failures": .array((result.failures + result.unknown).map(json)),
        ])
    }

    private var shardJSON: JSON {
        guard let plan = result.plan else { return .null }
        return .object([
            "plan": .string(plan.digest.text),
            "parts": .array(
                shardFigures(plan).map { .object(["items": JSON($0.items), "bytes": JSON($0.bytes)]) }),
        ])
    }

    private func json(_ registry: RunEstimate.Registry) -> JSON {
        .object([
            "registry": .string(registry.name), "itemsRead": JSON(registry.itemsRead),
            "itemsWritten": JSON(registry.itemsWritten), "requests": JSON(registry.cost.requests),
            "requestsIfItDoesNotMount": JSON(registry.cost.requests.adding(saturating: registry.unproven.requests)),
            "bytesRead": JSON(registry.cost.bytesRead), "bytesWritten": JSON(registry.cost.bytesWritten),
            "bytesIfItDoesNotMount": JSON(
                registry.cost.bytesWritten.adding(saturating: registry.unproven.bytesWritten)),
            "bytesMounted": JSON(registry.cost.bytesMounted), "bytesPresent": JSON(registry.cost.bytesPresent),
            "manifestGets": JSON(registry.cost.pulls),
            "pullsLeft": result.allowances[registry.store].map { JSON($0.remaining) } ?? .null,
            "quotas": .array(
                PullLimit.of(registry.name).map { limit in
                    .object([
                        "pulls": JSON(limit.pulls), "windowSeconds": JSON(limit.window.seconds),
                        "scope": .string(limit.scope),
                        "secondsNeeded": JSON(limit.shortestWait(for: registry.cost.pulls)),
                    ])
                }),
        ])
    }

    private func json(_ failed: (name: ItemName, failure: TransferFailure)) -> JSON {
        .object([
            "source": .string(failed.name.source), "target": .string(failed.name.target),
            "error": .object([
                "kind": .string(failed.failure.cause.kind.rawValue), "message": .string(failed.failure.cause.message),
                "side": .string(failed.failure.side.rawValue),
            ]),
        ])
    }

    private func shardFigures(_ plan: ShardPlan) -> [(items: Int, bytes: Int64)] {
        var parts: [[Int]] = Array(repeating: [], count: plan.count)
        for (item, shard) in plan.shards.enumerated() { parts[shard].append(item) }
        return parts.map { ($0.count, plan.bytes(of: $0)) }
    }
}

extension PullLimit {
    /// The published limits of a registry.
    fileprivate static func of(_ host: String) -> [PullLimit] {
        guard let host = try? RegistryHost(host) else { return [] }
        return published.filter { $0.registry == SourceRegistry(host) }
    }

    /// The shortest time in seconds for this many pulls. Pulls over the limit wait for the next window.
    fileprivate func shortestWait(for count: Int) -> Int64 {
        count <= 0 ? 0 : Int64((count - 1) / pulls).multiplied(saturatingBy: window.seconds)
    }
}
