// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import NIOCore
import RegistryServer

/// Limits on what clients may use of an embedded registry.
struct ServeLimits: ParsableArguments {
    private static let registryDefaults = RegistryLimits()

    @Option(help: ArgumentHelp("Time for the head of a request to arrive.", valueName: "seconds"))
    var headerTimeout = 30
    @Option(help: ArgumentHelp("Time a connection may be open without a request.", valueName: "seconds"))
    var idleTimeout = 30
    @Option(help: ArgumentHelp("Time in which some byte of a body must move, up or down.", valueName: "seconds"))
    var bodyTimeout = 30
    @Option(
        help: ArgumentHelp(
            "Connections served at once. When more come, idle ones are closed; without an idle one the new ones wait.",
            valueName: "count"))
    var maxConnections = ConnectionLimits().connections
    @Option(help: ArgumentHelp("Unfinished uploads; one more is answered 429.", valueName: "count"))
    var maxUploads = registryDefaults.unfinishedUploads
    @Option(
        help: ArgumentHelp("Memory for manifests that are being received; more is answered 429.", valueName: "size"))
    var manifestMemory = ByteSize(Int64(registryDefaults.manifestMemory))
    @Option(
        help: ArgumentHelp(
            "Memory for lines of the access log that wait for its disk; beyond it a line tells how many were lost.",
            valueName: "size"))
    var logBacklog = ByteSize(16 << 20)

    func validate() throws {
        for (name, seconds) in [
            ("--header-timeout", headerTimeout), ("--idle-timeout", idleTimeout), ("--body-timeout", bodyTimeout),
        ] where !(1...86_400).contains(seconds) {
            throw ValidationError("\(name) is a number of seconds from 1 to 86400")
        }
        for (name, count) in [("--max-connections", maxConnections), ("--max-uploads", maxUploads)]
        where !(1...1_000_000).contains(count) {
            throw ValidationError("\(name) is a number from 1 to 1000000")
        }
        let largest = Int64(Self.registryDefaults.manifestSize)
        guard (largest...1 << 40).contains(manifestMemory.bytes) else {
            throw ValidationError(
                "--manifest-memory is at least \(ByteSize(largest)), for one manifest, and at most 1TiB")
        }
        guard (64 << 10...1 << 40).contains(logBacklog.bytes) else {
            throw ValidationError("--log-backlog is at least 64KiB and at most 1TiB")
        }
    }

    var registry: RegistryLimits {
        var limits = RegistryLimits()
        limits.unfinishedUploads = maxUploads
        limits.manifestMemory = Int(manifestMemory.bytes)
        return limits
    }

    var connections: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.connections = maxConnections
        limits.headTimeout = .seconds(Int64(headerTimeout))
        limits.idleTimeout = .seconds(Int64(idleTimeout))
        limits.bodyTimeout = .seconds(Int64(bodyTimeout))
        return limits
    }
}
