// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOPosix

/// An HTTP client that ends with its last user: the pool, and bodies that are still being read.
///
/// A client that is dropped while it is open ends the process. Whoever leaves early, by an error or a signal, need not
/// think of that; nobody waits for it then.
final class PooledClient: Sendable {
    let client: HTTPClient

    init(_ configuration: HTTPClient.Configuration) {
        client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
    }

    deinit { Task { [client] in try? await client.shutdown() } }

    /// Ends every connection; running requests fail.
    func shutdown() async { try? await client.shutdown() }
}
