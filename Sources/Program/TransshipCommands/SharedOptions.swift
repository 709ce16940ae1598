// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Distribution
import OCI
import RegistryTransport

/// How registries are reached, for every command that talks to one.
struct RegistryOptions: ParsableArguments {
    @Option(
        name: .customLong("insecure-registry"),
        help: ArgumentHelp(
            "A registry that may be spoken to over plain http or with a certificate that is not trusted. Repeatable.",
            valueName: "host[:port]"))
    var insecureRegistries: [String] = []

    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("Certificates (PEM) to trust besides the system's.", valueName: "file"))
    var caFile: String?

    @Flag(name: [.short, .long], help: "Print every request and response to standard error, secrets redacted.")
    var verbose = false
}

/// The same options as values, wherever they came from.
struct RegistryChoices {
    var insecureRegistries: [String] = []
    /// The scheme of registries that were named by a URL.
    var schemes: [RegistryHost: WireOrigin.Scheme] = [:]
    /// Every registry counts as an insecure one.
    var allInsecure = false
    var caFile: String?
    var verbose = false
    /// See `RegistryNetworkOptions.pingsLate`.
    var pingsLate = false
    /// Whether Google's credentials are used. crane, unlike gcrane, does not use them.
    var usesGoogle = true
    /// Called with a registry's warnings. If nil, they are printed at once.
    var warningHeard: (@Sendable (String) -> Void)?
    /// Called when a token service refuses an anonymous request.
    var loginMissed: (@Sendable (RegistryHost) -> Void)?
    /// How requests without a plan are retried; nil: they are not retried.
    var craneRetries: CraneRetries?
}

extension RegistryOptions {
    var choices: RegistryChoices {
        RegistryChoices(insecureRegistries: insecureRegistries, caFile: caFile, verbose: verbose)
    }
}
