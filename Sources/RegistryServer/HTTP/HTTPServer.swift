import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// Accepts connections and serves a responder on them: HTTP/1.1, plain or through TLS.
final class HTTPServer: Sendable {
    private let listener: any Channel
    private let connections: Connections

    /// Starts listening.
    ///
    /// - Throws: when the address is taken or unknown.
    init(
        _ responder: any RegistryResponder, host: String, port: Int, tls: NIOSSLContext?,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws {
        let connections = Connections()
        self.connections = connections
        listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            // One read is one buffer of a body: a second would be read ahead of anybody who wants it.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try connections.welcome(channel, responder, tls)
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

/// The open connections of a server.
private final class Connections: Sendable {
    private struct State {
        var accepted = 0
        var open: [ObjectIdentifier: any Channel] = [:]
        var executors: [ObjectIdentifier: EventLoopTaskExecutor] = [:]
        var isStopping = false
        var whenEmpty: EventLoopPromise<Void>?
    }

    private let state = Mutex(State())

    /// Sets up a connection's handlers. Runs on its event loop.
    func welcome(_ channel: any Channel, _ responder: any RegistryResponder, _ tls: NIOSSLContext?) throws {
        let (number, executor) = enter(channel)
        channel.closeFuture.whenComplete { [self] _ in leave(channel) }
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        try pipeline.addHandler(HTTPResponseEncoder())
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: limits)))
        let peer = RequestPeer(
            address: channel.remoteAddress?.ipAddress, port: channel.remoteAddress?.port, connection: number,
            isEncrypted: tls != nil, localAuthority: channel.localAddress?.authority ?? "localhost")
        try pipeline.addHandler(
            HTTPConnection(HTTPConnection.Setup(responder: responder, peer: peer, executor: executor)))
    }

    private func enter(_ channel: any Channel) -> (number: Int, EventLoopTaskExecutor) {
        state.withLock { state in
            state.accepted += 1
            state.open[ObjectIdentifier(channel)] = channel
            let loop = ObjectIdentifier(channel.eventLoop)
            let executor = state.executors[loop] ?? EventLoopTaskExecutor(channel.eventLoop)
            state.executors[loop] = executor
            return (state.accepted, executor)
        }
    }

    private func leave(_ channel: any Channel) {
        let emptied = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = nil
            return state.open.isEmpty ? state.whenEmpty.take() : nil
        }
        emptied?.succeed()
    }

    func stop(grace: TimeAmount, on eventLoop: any EventLoop) async {
        let promise = eventLoop.makePromise(of: Void.self)
        let open = state.withLock { state in
            if !state.open.isEmpty { state.whenEmpty = promise }
            return Array(state.open.values)
        }
        guard !open.isEmpty else { return promise.succeed() }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(HTTPConnection.StopRequested()) }
        let deadline = eventLoop.scheduleTask(in: grace) { [self] in
            for channel in state.withLock({ Array($0.open.values) }) { channel.close(promise: nil) }
        }
        try? await promise.futureResult.get()
        deadline.cancel()
    }
}

/// What the head of a request may be: room for a PUT with many tags, none for attacks on memory.
private let limits: NIOHTTPDecoderLimitConfiguration = {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 64 << 10
    limits.maxHeaderListSize = 256 << 10
    limits.maxHeaderFieldCount = 200
    return limits
}()

extension SocketAddress {
    /// `host:port` as it stands in a URL.
    var authority: String? {
        guard let ipAddress, let port else { return nil }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
