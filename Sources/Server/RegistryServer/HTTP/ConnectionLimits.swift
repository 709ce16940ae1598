// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Limits of client connections: how many at once, and how long each may take.
package struct ConnectionLimits: Sendable {
    /// The number of connections that are served at once. When more arrive, idle connections are closed. If none is
    /// idle, the new ones wait.
    package var connections = 500
    /// How long a connection stays idle before it is closed in favour of another. A request may already be on its way.
    package var idleGrace = TimeAmount.seconds(1)
    /// The maximum time from the first to the last byte of a request's head.
    package var headTimeout = TimeAmount.seconds(30)
    /// The maximum time that a connection may be open without a request.
    package var idleTimeout = TimeAmount.seconds(30)
    /// The maximum time without progress of a body, in either direction.
    package var bodyTimeout = TimeAmount.seconds(30)

    package init() {}
}
