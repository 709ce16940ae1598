// SPDX-License-Identifier: Apache-2.0

import Listening
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Shows a running run over HTTP: its page, events for the page, metrics. Nothing can be changed through it.
///
/// It has its own thread and a limited number of connections, so that no reader delays the run.
package final class LiveServer: Sendable {
    /// The address of the page. It contains the token, if there is one, so it is shown only once.
    package let address: String
    private let listener: any Channel
    private let group: MultiThreadedEventLoopGroup
    private let feed: LiveFeed
    private let connections: LiveConnections

    private init(
        address: String, listener: any Channel, group: MultiThreadedEventLoopGroup, feed: LiveFeed,
        connections: LiveConnections
    ) {
        self.address = address
        self.listener = listener
        self.group = group
        self.feed = feed
        self.connections = connections
    }

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - hosts: addresses to listen at. The first one that can be bound is used.
    ///   - port: 0 for any free one.
    ///   - shownHost: the host shown in `address`.
    ///   - command: `batch`, `verify`.
    /// - Throws: `LiveServerFailure`; nothing listens then.
    package static func start(
        hosts: [String], port: Int, shownHost: String, command: String
    ) async throws(LiveServerFailure) -> LiveServer {
        try await start(
            hosts: hosts, port: port, shownHost: shownHost, command: command, connections: LiveConnections())
    }

    static func start(
        hosts: [String], port: Int, shownHost: String, command: String, connections: LiveConnections
    ) async throws(LiveServerFailure) -> LiveServer {
        PreparedDecoders.prepare()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let listener: any Channel
        do { listener = try await listen(hosts, port, on: group, connections) } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        let feed = LiveFeed(command, on: listener.eventLoop.executor)
        var generator = SystemRandomNumberGenerator()
        let isOpen = listener.localAddress?.isLoopback == true
        let door = LiveDoor(key: isOpen ? .loopback : .token(LiveToken(using: &generator)))
        connections.open(door, feed)
        let host = shownHost.contains(":") ? "[\(shownHost)]" : shownHost
        let address = "http://\(host):\(listener.localAddress?.port ?? port)\(door.prefix)/"
        return LiveServer(
            address: address, listener: listener, group: group, feed: feed, connections: connections)
    }

    private static func listen(
        _ hosts: [String], _ port: Int, on group: MultiThreadedEventLoopGroup, _ connections: LiveConnections
    ) async throws(LiveServerFailure) -> any Channel {
        var failure = LiveServerFailure(reason: "no address")
        for host in hosts {
            do {
                return try await ServerBootstrap(group: group)
                    .serverChannelOption(.backlog, value: 64)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .serverChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(AcceptPause())
                        }
                    }
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .childChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture { try connections.install(on: channel) }
                    }
                    .bind(host: host, port: port).get()
            } catch {
                failure = LiveServerFailure(error)
            }
        }
        throw failure
    }

    /// Shows a run from now on.
    package func show(_ run: any LiveRun) async { await feed.begin(run) }

    /// Tells all clients that the run has ended, and ends. Does not wait longer than two seconds for a client.
    ///
    /// - Parameter outcome: how the run ended, as a part of a sentence: `exit code 0`.
    package func end(_ outcome: String) async {
        await feed.end(outcome)
        try? await listener.close().get()
        await connections.end(within: .seconds(2), on: listener.eventLoop)
        try? await group.shutdownGracefully()
    }
}

/// Why the server cannot listen, in the system's words.
package struct LiveServerFailure: Error, CustomStringConvertible {
    package let reason: String

    fileprivate init(reason: String) { self.reason = reason }

    fileprivate init(_ error: any Error) {
        reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)).lowercased() } ?? "\(error)"
    }

    package var description: String { reason }
}

extension SocketAddress {
    /// Whether only programs of this machine can reach it.
    fileprivate var isLoopback: Bool {
        guard let ipAddress else { return false }
        return ipAddress == "::1" || ipAddress.hasPrefix("127.")
    }
}
