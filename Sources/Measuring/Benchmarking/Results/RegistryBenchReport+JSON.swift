// SPDX-License-Identifier: Apache-2.0

package import OCI

extension RegistryBenchReport {
    /// The value of the report's first member. A later format that older programs would misread gets another number.
    package static let format = "transship-bench-registry-1"

    /// The report as one JSON document. Its keys are a public interface.
    package var json: JSON {
        .object([
            "format": .string(Self.format), "program": .string(program),
            "arguments": .array(arguments.map(JSON.string)), "started": .string(started), "ended": .string(ended),
            "registry": .string(registry), "pid": process.map { JSON($0) } ?? .null, "settings": settings.json,
            "phases": .array(phases.map(\.json)), "leftBehind": leftovers?.json ?? .null,
            "stopped": .bool(isStopped), "machine": machine?.json ?? .null,
        ])
    }
}

extension RegistryBenchSettings {
    /// All settings, each with its option and its member of `json`.
    var all: [(option: String, key: String, value: JSON)] {
        let rate: JSON = if case .open(let rate) = pace { JSON(benchNumber: rate) } else { .null }
        return [
            ("--phase", "phases", .array(phases.map { .string($0.rawValue) })),
            ("--connections", "connections", JSON(connections)), ("--rate", "rate", rate),
            ("--seconds", "seconds", JSON(benchNumber: duration.inSeconds)), ("--bytes", "bytes", JSON(bytes)),
            ("--repetitions", "repetitions", JSON(repetitions)), ("--blob-size", "blobSize", JSON(blobSize)),
            ("--piece-size", "pieceSize", JSON(pieceSize)), ("--small-size", "smallSize", JSON(smallSize)),
            ("--verbose", "verbose", .bool(isVerbose)),
        ]
    }

    fileprivate var json: JSON { .object(all.map { JSON.Member(key: $0.key, value: $0.value) }) }
}

extension PhaseResult {
    fileprivate var json: JSON {
        .object([
            "phase": .string(phase.rawValue), "skipped": JSON(problem?.reason),
            "isMissingFeature": problem.map { .bool($0.cause == .missingFeature) } ?? .null,
            "latency": latency?.json ?? .null, "firstFailure": JSON(firstFailure),
            "repetitions": .array(samples.map(\.json)),
        ])
    }
}

extension PhaseSample {
    fileprivate var json: JSON {
        .object([
            "operations": JSON(operations), "bytes": JSON(bytes), "seconds": JSON(benchNumber: seconds),
            "operationsPerSecond": JSON(benchNumber: operationsPerSecond),
            "bytesPerSecond": JSON(benchNumber: bytesPerSecond), "requests": JSON(requests),
            "failures": .object(failures.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: JSON($0.value)) }),
            "neverBegun": JSON(neverBegun), "latency": latency?.json ?? .null, "ownCPU": JSON(benchNumber: ownCPU),
            "registryCPU": registryCPU.map { JSON(benchNumber: $0) } ?? .null,
            "registryPeakMemory": registryPeakMemory.map { JSON($0) } ?? .null,
        ])
    }
}

extension LatencySummary {
    fileprivate var json: JSON {
        .object([
            "p50": JSON(benchNumber: p50), "p90": JSON(benchNumber: p90), "p99": JSON(benchNumber: p99),
            "p999": JSON(benchNumber: p999), "max": JSON(benchNumber: max), "mean": JSON(benchNumber: mean),
        ])
    }
}

extension Leftovers {
    fileprivate var json: JSON {
        .object([
            "repositories": .string(root + "/"), "manifests": JSON(manifests), "blobs": JSON(blobs),
            "tags": JSON(tags), "bytes": JSON(bytes), "reason": JSON(reason),
        ])
    }
}

extension JSON {
    /// A number with nine decimals, which are nanoseconds if the unit is seconds. A value that is not finite becomes 0.
    init(benchNumber value: Double) {
        guard value.isFinite else {
            self = 0
            return
        }
        let rounded = (value * 1e9).rounded() / 1e9
        self = .number("\(rounded.isFinite ? rounded : value)")
    }
}
