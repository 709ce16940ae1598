// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import NIOPosix

/// An HTTP client that is shut down with its last user. Its users are the pool, and bodies that are being read.
///
/// AsyncHTTPClient terminates the process if an open client is released. With this class, code that exits early because of
/// an error or a signal need not shut the client down.
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
