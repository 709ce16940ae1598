// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import RegistryServer

extension RegistryConfiguration {
    /// A configuration with long timeouts, for tests: other tests may delay their clients longer than a real client may
    /// be silent.
    package static func patient(storage: Storage = .memory) -> RegistryConfiguration {
        var configuration = RegistryConfiguration(storage: storage)
        configuration.connections.headTimeout = .hours(1)
        configuration.connections.idleTimeout = .hours(1)
        configuration.connections.bodyTimeout = .hours(1)
        return configuration
    }
}
