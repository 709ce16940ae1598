// SPDX-License-Identifier: Apache-2.0

import Listening
import NIOCore
import NIOPosix

/// Accepts connections and serves them: HTTP/1.1, plain or through TLS.
final class HTTPServer: Sendable {
    private let listener: any Channel
    private let connections: Connections

    /// Starts listening.
    ///
    /// - Throws: when the address is taken or unknown.
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
            // One read is one buffer of a body: a second would be read ahead of anybody who wants it.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let places = connections.places(of: channel)
                    try pipeline.install(on: channel, places.slot, places.executor)
                }
            }
            .bind(host: host, port: port).get()
    }

    /// Where it listens, with the port that was chosen for 0.
    var localAddress: SocketAddress? { listener.localAddress }

    /// Returns when it no longer listens.
    func wait() async { try? await listener.closeFuture.get() }

    /// Does something now and then, for as long as it listens.
    func `repeat`(every interval: TimeAmount, _ work: @escaping @Sendable () async -> Void) {
        let loop = listener.eventLoop
        let task = loop.scheduleRepeatedAsyncTask(initialDelay: interval, delay: interval) { _ in
            loop.makeFutureWithTask(work)
        }
        listener.closeFuture.whenComplete { _ in task.cancel() }
    }

    /// Stops listening, lets requests in hand be answered for as long as `grace`, then closes what is left.
    func shutdown(grace: TimeAmount) async {
        try? await listener.close().get()
        await connections.stop(grace: grace, on: listener.eventLoop)
    }
}
