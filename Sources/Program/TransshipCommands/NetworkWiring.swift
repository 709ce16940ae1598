// SPDX-License-Identifier: Apache-2.0

import Distribution
import RegistryTransport

extension RegistryNetworkOptions {
    /// Takes over what the environment says about the way to registries: proxies, and certificates to trust.
    mutating func follow(_ environment: CommandEnvironment) throws {
        do throws(TransportSetupError) { try follow(variables: environment.variables) } catch {
            throw CommandFailure.usage([error.description])
        }
    }
}
