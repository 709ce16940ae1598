// SPDX-License-Identifier: Apache-2.0

import Distribution
import RegistryTransport

extension RegistryNetworkOptions {
    /// Applies what the environment says about connections to registries: proxies, and certificates to trust.
    mutating func follow(_ environment: CommandEnvironment) throws {
        do throws(TransportSetupError) { try follow(variables: environment.variables) } catch {
            throw CommandFailure.usage([error.description])
        }
    }
}
