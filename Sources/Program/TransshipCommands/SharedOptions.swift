// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Distribution
import OCI

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

/// The same as values, however they were given.
struct RegistryChoices {
    var insecureRegistries: [String] = []
    /// Every registry is one of them.
    var allInsecure = false
    var caFile: String?
    var verbose = false
    /// See `RegistryNetworkOptions.pingsLate`.
    var pingsLate = false
    /// crane, unlike gcrane, leaves Google's credentials alone.
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
