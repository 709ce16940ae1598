// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import OCI

extension RegistryPhase: ExpressibleByArgument {}

/// `N/s`, or `/m` or `/h`: operations of an open loop.
struct LoadRate: ExpressibleByArgument {
    let perSecond: Double

    private static let units: [Substring: Double] = ["s": 1, "m": 60, "h": 3600]

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Double(decimal: parts[0]), let unit = Self.units[parts[1]],
            (1.0 / 3600...1e6).contains(number / unit)
        else { return nil }
        perSecond = number / unit
    }
}

/// A registry as it is named for a measurement: its host, or its URL.
struct BenchAddress: ExpressibleByArgument, CustomStringConvertible {
    let host: RegistryHost
    /// Written with http: no TLS is meant.
    let isPlain: Bool
    private let written: String

    init?(argument: String) {
        isPlain = argument.hasPrefix("http://")
        var rest = argument[...]
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.isEmpty, !rest.contains("/"), let host = try? RegistryHost(String(rest)) else { return nil }
        (self.host, written) = (host, argument)
    }

    var description: String { written.displayable }

    /// The host without its port.
    var name: String { String(host.hostWithoutPort) }
}
