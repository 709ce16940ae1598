// SPDX-License-Identifier: Apache-2.0

import OCI

/// Why a file cannot be used as a measurement.
package struct BenchFileError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension RegistryBenchReport {
    /// Reads the document that `json` writes. Numbers in phases that cannot be read count as 0.
    package init(reading bytes: [UInt8]) throws(BenchFileError) {
        let document: JSON
        do { document = try JSON(bytes) } catch { throw BenchFileError("it is not JSON") }
        guard let format = document["format"]?.string else { throw BenchFileError("it has no member \"format\"") }
        guard format == Self.format else {
            throw BenchFileError("its format is \"\(format.displayable(limit: 64))\", not \"\(Self.format)\"")
        }
        guard let phases = document["phases"]?.array, let settings = document["settings"] else {
            throw BenchFileError("it has no phases or no settings")
        }
        self.init()
        program = document["program"]?.string ?? ""
        started = document["started"]?.string ?? ""
        registry = document["registry"]?.string ?? ""
        machine = document["machine"].flatMap(BenchMachine.init(reading:))
        self.settings = try RegistryBenchSettings(reading: settings)
        for phase in phases { self.phases.append(try PhaseResult(reading: phase)) }
        self.settings.phases = self.phases.map(\.phase)
    }
}

extension RegistryBenchSettings {
    fileprivate init(reading json: JSON) throws(BenchFileError) {
        self.init()
        let number = { (key: String) throws(BenchFileError) -> Int64 in
            guard let value = json[key]?.integer else { throw BenchFileError("its settings have no \"\(key)\"") }
            return value
        }
        connections = Int(clamping: try number("connections"))
        repetitions = Int(clamping: try number("repetitions"))
        (bytes, blobSize) = (try number("bytes"), try number("blobSize"))
        (pieceSize, smallSize) = (try number("pieceSize"), try number("smallSize"))
        duration = .seconds(min(max(json["seconds"]?.double ?? 0, 0), 1e9))
        if let rate = json["rate"]?.double, rate > 0 { pace = .open(perSecond: rate) }
        isVerbose = json["verbose"]?.bool ?? false
    }
}

extension PhaseResult {
    fileprivate init(reading json: JSON) throws(BenchFileError) {
        let name = json["phase"]?.string ?? ""
        guard let phase = RegistryPhase(rawValue: name) else {
            throw BenchFileError("it has a phase \"\(name.displayable(limit: 64))\", which this program does not know")
        }
        self.init(phase)
        problem = json["skipped"]?.string.map {
            Problem(json["isMissingFeature"]?.bool == true ? .missingFeature : .other, reason: $0)
        }
        samples = (json["repetitions"]?.array ?? []).map(PhaseSample.init(reading:))
        latency = json["latency"].flatMap(LatencySummary.init(reading:))
    }
}

extension PhaseSample {
    fileprivate init(reading json: JSON) {
        self.init()
        operations = Int(clamping: json["operations"]?.integer ?? 0)
        bytes = json["bytes"]?.integer ?? 0
        seconds = max(0, json["seconds"]?.double ?? 0)
        requests = Int(clamping: json["requests"]?.integer ?? 0)
        neverBegun = Int(clamping: json["neverBegun"]?.integer ?? 0)
        for member in json["failures"]?.members ?? [] {
            failures[member.key] = Int(clamping: member.value.integer ?? 0)
        }
        latency = json["latency"].flatMap(LatencySummary.init(reading:))
        ownCPU = json["ownCPU"]?.double ?? 0
        registryCPU = json["registryCPU"]?.double
        registryPeakMemory = json["registryPeakMemory"]?.integer
    }
}

extension LatencySummary {
    fileprivate init?(reading json: JSON) {
        guard let p50 = json["p50"]?.double, let p99 = json["p99"]?.double else { return nil }
        self.init(
            p50: p50, p90: json["p90"]?.double ?? p50, p99: p99, p999: json["p999"]?.double ?? p99,
            max: json["max"]?.double ?? p99, mean: json["mean"]?.double ?? p50)
    }
}
