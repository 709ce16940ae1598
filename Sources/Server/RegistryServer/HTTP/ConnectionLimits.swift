// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// What clients may cost a server by being there: how many at once, and how long each may take.
package struct ConnectionLimits: Sendable {
    /// Connections that are served at once. When more arrive, idle ones are closed; without an idle one the new ones wait.
    package var connections = 500
    /// How long a connection stays idle before it is closed for another one: a request may be on its way already.
    package var idleGrace = TimeAmount.seconds(1)
    /// How long a client may take from the first byte of a request's head to its last.
    package var headTimeout = TimeAmount.seconds(30)
    /// How long a connection may be open without a request.
    package var idleTimeout = TimeAmount.seconds(30)
    /// How long no byte of a body may move, in either direction.
    package var bodyTimeout = TimeAmount.seconds(30)

    package init() {}
}
