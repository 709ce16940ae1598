// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Distribution
import OCI
import Reporting
import TransferEngine

/// How fast and with how much memory a run may go: the same words for every command that works through lists.
struct PaceOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "Items under way at once between two registries.") var jobs = 32
    @Option(
        help: "Requests at once to one registry, for reading and for writing each, at most: fewer where it slows down.")
    var connectionsPerRegistry = 64
    @Option(help: ArgumentHelp("Bytes a second of all blobs together, such as 50MiB.", valueName: "size"))
    var limitRate: ByteSize?
    @Option(
        help: ArgumentHelp(
            "Requests a second to one registry, such as docker.io=10/s. Repeatable.", valueName: "host=n/s"))
    var requests: [RequestRate] = []
    @Flag(help: "Where a registry's pulls are used up, wait for more, for up to a day, instead of giving up.")
    var wait = false
    @Option(help: ArgumentHelp("Memory of the whole process, about; at least 96MiB.", valueName: "size"))
    var memory = ByteSize(256 << 20)
    @Option(
        help: ArgumentHelp(
            "Blobs of more than four times this size are sent in pieces of this size, where the target takes them; what "
                + "has arrived need not be sent again. 0: only where the target asks for pieces.", valueName: "size"))
    var chunkSize = ByteSize(128 << 20)

    func validate() throws {
        try jobs.checkConcurrency("--jobs")
        try connectionsPerRegistry.checkConcurrency("--connections-per-registry")
        guard memory.bytes >= 96 << 20 else {
            throw ValidationError("--memory must be at least 96MiB, not \(Quantity.bytes(memory.bytes))")
        }
        guard limitRate.map({ $0.bytes > 0 }) ?? true else {
            throw ValidationError("--limit-rate must be more than 0")
        }
    }

    /// The settings that a run begins with. In addition to the bytes in transit, a process needs memory for its code,
    /// its list and its manifests.
    var settings: TransferSettings {
        var settings = TransferSettings()
        settings.jobs = jobs
        settings.requests.connectionsPerStore = ProcessStart.connections(atMost: connectionsPerRegistry)
        settings.requests.countedSources = .knownByName
        for rate in requests { settings.requests.intervals[.registry(rate.host)] = rate.interval }
        settings.bytesPerSecond = limitRate?.bytes
        if wait { settings.requests.waitForPulls() }
        settings.requests.transitBytes = memory.bytes / 8
        settings.requests.transitBytesPerBlob = Int64(8 * largestRead)
        settings.ranges.size = memory.bytes / 64
        settings.manifestCacheBytes = Int(memory.bytes / 8)
        settings.surveyBytes = Int(memory.bytes / 4)
        if chunkSize.bytes > 0 {
            settings.pieces.size = chunkSize.bytes
            settings.pieces.worthwhile = 4 * chunkSize.bytes
        } else {
            settings.pieces.worthwhile = .max
        }
        return settings
    }

    func apply(to options: inout RegistryNetworkOptions) {
        options.largestRead = largestRead
        options.listBytes = Int(memory.bytes / 4)
        for rate in requests { options.requestRates[rate.host] = rate.perSecond }
    }

    /// Large reads cost less CPU; where memory is short, more blobs at once are worth more.
    private var largestRead: Int { memory.bytes >= 192 << 20 ? 1 << 20 : 256 << 10 }
}

/// A number of bytes as people write it: `50MiB`, `1.5GB`, `4096`.
struct ByteSize: ExpressibleByArgument, CustomStringConvertible {
    var bytes: Int64

    init(_ bytes: Int64) { self.bytes = bytes }

    init?(argument: String) {
        let number = argument.prefix { $0.isNumber || $0 == "." }
        guard let value = Double(decimal: number),
            let factor = Self.factors[argument.dropFirst(number.count).lowercased()], value * factor <= Self.most
        else { return nil }
        bytes = Int64(saturating: value * factor)
    }

    /// One EiB: more than any machine has, and small enough to be added up and multiplied by 4.
    private static let most = 0x1p60

    private static let factors: [String: Double] = [
        "": 1, "b": 1, "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "kib": 1024, "mib": 1_048_576,
        "gib": 1_073_741_824, "tib": 1_099_511_627_776, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
    ]

    var description: String {
        guard let unit = Self.units.first(where: { bytes >= $0.bytes && bytes % $0.bytes == 0 }) else {
            return "\(bytes)"
        }
        return "\(bytes / unit.bytes)\(unit.name)"
    }

    private static let units: [(name: String, bytes: Int64)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]

    var defaultValueDescription: String { description }
}

/// A rate of requests to one host: `HOST=N/s`, `HOST=N/m` or `HOST=N/h`.
struct RequestRate: ExpressibleByArgument {
    var host: RegistryHost
    var perSecond: Double
    /// The time from one request to the next.
    var interval: Duration { .seconds(1 / perSecond) }

    /// One request a day.
    private static let leastPerSecond = 1.0 / 86_400

    init?(argument: String) {
        let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = try? RegistryHost(String(parts[0])) else { return nil }
        let rate = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard rate.count == 2, let number = Double(decimal: rate[0]), number < 1e6,
            let seconds = ["s": 1.0, "m": 60, "h": 3600][rate[1]], number / seconds >= Self.leastPerSecond
        else { return nil }
        self.host = host
        perSecond = number / seconds
    }
}
