// SPDX-License-Identifier: Apache-2.0

import Listening
import NIOCore
import NIOPosix

/// Accepts connections and serves HTTP/1.1 on them, plain or through TLS.
final class HTTPServer: Sendable {
    private let listener: any Channel
    private let connections: Connections

    /// Starts listening.
    ///
    /// - Throws: if the address is taken or unknown.
    init(
        _ pipeline: ConnectionPipeline, host: String, port: Int,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws {
        let connections = Connections(limit: pipeline.limits.connections)
        self.connections = connections
        PreparedDecoders.prepare()
        listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(AcceptGate(connections), AcceptPause())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            // One read delivers one buffer of a body. A second buffer would be read before it is needed.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let places = connections.places(of: channel)
                    try pipeline.install(on: channel, places.slot, places.executor)
                }
            }
            .bind(host: host, port: port).get()
    }

    /// The address of the listener, with the chosen port if port 0 was requested.
    var localAddress: SocketAddress? { listener.localAddress }

    /// Waits until the server no longer listens.
    func wait() async { try? await listener.closeFuture.get() }

    /// Repeats work at an interval as long as the server listens.
    func `repeat`(every interval: TimeAmount, _ work: @escaping @Sendable () async -> Void) {
        let loop = listener.eventLoop
        let task = loop.scheduleRepeatedAsyncTask(initialDelay: interval, delay: interval) { _ in
            loop.makeFutureWithTask(work)
        }
        listener.closeFuture.whenComplete { _ in task.cancel() }
    }

    /// Stops listening, waits up to `grace` for the responses to current requests, then closes the remaining
    /// connections.
    func shutdown(grace: TimeAmount) async {
        try? await listener.close().get()
        await connections.stop(grace: grace, on: listener.eventLoop)
    }
}
