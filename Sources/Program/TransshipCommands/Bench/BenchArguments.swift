// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Benchmarking
import OCI
import RegistryTransport

extension RegistryPhase: ExpressibleByArgument {}

/// The rate of operations of an open loop: `N/s`, `N/m` or `N/h`.
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
    /// The scheme of a URL. nil: a host alone, which is tried as every command does.
    private let scheme: WireOrigin.Scheme?
    private let written: String

    init?(argument: String) {
        scheme = argument.hasPrefix("http://") ? .http : argument.hasPrefix("https://") ? .https : nil
        var rest = argument[...]
        if let scheme { rest = rest.dropFirst("\(scheme.rawValue)://".count) }
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.isEmpty, !rest.contains("/"), let host = try? RegistryHost(String(rest)) else { return nil }
        (self.host, written) = (host, argument)
    }

    var description: String { written.displayable }

    /// The host without its port.
    var name: String { String(host.hostWithoutPort) }

    /// Makes sure that the registry is reached as its URL says. Without TLS, its token service may do without, too.
    func apply(to choices: inout RegistryChoices) {
        choices.schemes[host] = scheme
        if scheme == .http { choices.insecureRegistries.append(host.name) }
    }

    /// - Parameter isGiven: whether the user says that the registry may be loaded.
    /// - Throws: if it may be a registry on the internet.
    func checkPermission(isGiven: Bool) async throws {
        guard !isGiven, case .internet(let evidence) = await HostReach.of(name) else { return }
        throw CommandFailure.usage(
            ["\(host) may be a registry of the internet, which this would load: \(evidence.displayable)"],
            hint: "measure a registry of your own; --yes-i-may says that you may load this one")
    }
}

extension String {
    /// The repository below this prefix for one measurement. Its name is unique.
    func benchRoot() throws -> Repository {
        let name = "\(self)/\(String(UInt32.random(in: .min ... .max), radix: 36))"
        guard let root = try? Repository(name), root.isWireSafe else {
            throw CommandFailure.usage(["--prefix: \"\(displayable)\" is not the name of a repository"])
        }
        return root
    }
}
