// SPDX-License-Identifier: Apache-2.0

package import OCI

/// One copy of a workload.
package struct CopySample: Sendable {
    package var seconds = 0.0
    package var failed = 0
    /// The text of the first failure.
    package var firstFailure: String?
    /// The number of requests to the source; nil for another program, whose requests are not visible.
    package var sourceRequests: Int?
    /// The number of requests to the target; nil also if source and target are one registry. The source's number then
    /// includes them.
    package var targetRequests: Int?
    /// The number of requests to token services and storage hosts.
    package var otherRequests: Int?
    /// CPU seconds of the copying program.
    package var cpu = 0.0
    /// CPU seconds of both registries, if this program started them.
    package var registriesCPU: Double?
    /// The peak memory of the copying program in bytes.
    package var peakMemory: Int64 = 0
    package var moments: [CopyMoment] = []

    package init() {}

    /// - Parameter tally: the number of requests to each authority.
    package mutating func count(_ tally: [(authority: String, requests: Int)], source: String?, target: String?) {
        let requests = CopyRequests(tally, source: source, target: target)
        sourceRequests = requests.source
        targetRequests = source == target ? nil : requests.target
        otherRequests = requests.others
    }

    /// The number of requests to source and target together; nil if the requests are not visible.
    package var requests: Int? { sourceRequests.map { $0.adding(saturating: targetRequests ?? 0) } }
}

/// Copies of a workload, and the conditions in which they were made.
package struct CopyBenchReport: Sendable {
    package var program = ""
    package var arguments: [String] = []
    package var started = ""
    package var ended = ""
    package var source = ""
    package var target = ""
    package var machine: BenchMachine?
    package var workload = ""
    package var scale = 1.0
    /// The other program that made the copies; nil for this program.
    package var tool: String?
    package var least: LeastCopy
    package var samples: [CopySample] = []

    package init(_ least: LeastCopy) { self.least = least }

    /// Whether source and target are one registry, as far as the copies' requests show.
    package var isOneRegistry: Bool { samples.contains { $0.sourceRequests != nil && $0.targetRequests == nil } }

    package var isWhole: Bool { !samples.isEmpty && samples.allSatisfy { $0.failed == 0 } }

    package func spread(_ figure: (CopySample) -> Double?) -> Spread? { Spread(samples.compactMap(figure)) }
}

extension CopyBenchReport {
    package static let format = "transship-bench-copy-1"

    /// The report as one JSON document. Its keys are a public interface.
    package var json: JSON {
        .object([
            "format": .string(Self.format), "program": .string(program),
            "arguments": .array(arguments.map(JSON.string)), "started": .string(started), "ended": .string(ended),
            "source": .string(source), "target": .string(target), "workload": .string(workload),
            "scale": JSON(benchNumber: scale), "tool": JSON(tool), "items": JSON(least.items),
            "bytes": JSON(least.bytes),
            "leastRequests": .object([
                "source": JSON(least.sourceRequests), "target": JSON(least.targetRequests),
            ]),
            "copies": .array(samples.map(\.json)), "machine": machine?.json ?? .null,
        ])
    }
}

extension CopySample {
    fileprivate var json: JSON {
        let number = { (count: Int?) in count.map { JSON($0) } ?? JSON.null }
        return .object([
            "seconds": JSON(benchNumber: seconds), "failed": JSON(failed), "firstFailure": JSON(firstFailure),
            "requests": .object([
                "source": number(sourceRequests), "target": number(targetRequests), "other": number(otherRequests),
            ]),
            "cpu": JSON(benchNumber: cpu), "registriesCPU": registriesCPU.map { JSON(benchNumber: $0) } ?? .null,
            "peakMemory": JSON(peakMemory), "profile": CopyProfile(moments)?.json ?? .null,
            "lanes": .array(moments.map(\.json)),
        ])
    }
}

extension CopyProfile {
    fileprivate var json: JSON {
        .object([
            "source": JSON(benchNumber: source), "target": JSON(benchNumber: target), "both": JSON(benchNumber: both),
            "neither": JSON(benchNumber: neither), "sourceFull": JSON(benchNumber: sourceFull),
            "targetFull": JSON(benchNumber: targetFull), "tokens": JSON(benchNumber: tokens),
            "paused": JSON(benchNumber: paused), "cpu": JSON(benchNumber: cpu),
        ])
    }
}

extension CopyMoment {
    /// Time, requests in flight and allowed at the source, then the same for the target; HTTP requests begun so far at the
    /// source, the target and other hosts.
    fileprivate var json: JSON {
        .array([
            JSON(benchNumber: time), JSON(source.inFlight), JSON(source.limit), JSON(target.inFlight),
            JSON(target.limit), JSON(begun.source), JSON(begun.target), JSON(begun.others),
        ])
    }
}
