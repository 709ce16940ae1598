// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

#if canImport(Musl)
    import Musl
#elseif canImport(Glibc)
    import Glibc
#endif

/// The connections of one event loop. Used on this loop only.
final class DirectLane {
    let loop: any EventLoop
    private let settings: TransportSettings
    private let peers: PeerAddresses
    private var open: [ObjectIdentifier: DirectConnection] = [:]
    /// The last used ones last. Nearly all are for one origin.
    private var idle: [DirectConnection] = []
    private(set) var isShutDown = false

    init(on loop: any EventLoop, _ settings: TransportSettings, noting peers: PeerAddresses) {
        self.loop = loop
        self.settings = settings
        self.peers = peers
    }

    /// An idle connection, the last used one first.
    func takeIdle(to origin: WireOrigin) -> DirectConnection? {
        idle.lastIndex { $0.origin == origin }.map { idle.remove(at: $0) }
    }

    /// Keeps a connection for the next request.
    func keep(_ connection: DirectConnection) { idle.append(connection) }

    func forget(_ connection: DirectConnection) {
        open[ObjectIdentifier(connection)] = nil
        idle.removeAll { $0 === connection }
    }

    /// Closes the idle connections: if the peer has closed one of them, it has probably closed the others, too.
    func closeIdle(to origin: WireOrigin) {
        for connection in idle where connection.origin == origin { connection.close() }
        idle.removeAll { $0.origin == origin }
    }

    func shutDown() {
        isShutDown = true
        for connection in open.values { connection.close() }
    }

    // MARK: Opening

    /// Opens a connection, which is idle then.
    ///
    /// - Parameter tls: nil for a connection without TLS.
    func connect(to origin: WireOrigin, tls: NIOSSLContext?) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(.init(settings.connectTimeout))
            // One read for each turn of the loop: then the reader has let go of the buffer, and the next read uses it again.
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try bound.value.prepare(channel, to: origin, tls: tls) }
            }
            .connect(host: origin.bareHost, port: origin.port)
            .flatMap { channel in
                bound.value.handshake(on: channel).flatMapThrowing { try bound.value.add(channel) }
            }
    }

    /// Bytes. A buffer that is used again and again has to fit into the cache of a core.
    private static let largestRead = 512 << 10

    private func prepare(_ channel: any Channel, to origin: WireOrigin, tls: NIOSSLContext?) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: origin.serverName))
            try pipeline.addHandler(HandshakeWitness(loop.makePromise()))
        } else {
            let allocator = AdaptiveRecvByteBufferAllocator(
                minimum: 4 << 10, initial: 16 << 10, maximum: max(16 << 10, min(settings.largestRead, Self.largestRead))
            )
            try channel.syncOptions?.setOption(.recvAllocator, value: allocator)
        }
        try pipeline.addHandler(DirectConnection(to: origin, in: self, settings))
        try channel.widenReceiveWindow()
    }

    private func handshake(on channel: any Channel) -> EventLoopFuture<Void> {
        guard let witness = try? channel.pipeline.syncOperations.handler(type: HandshakeWitness.self) else {
            return loop.makeSucceededVoidFuture()
        }
        let timer = loop.scheduleTask(in: .init(settings.connectTimeout)) { channel.close(promise: nil) }
        return witness.completed.always { _ in timer.cancel() }
    }

    private func add(_ channel: any Channel) throws {
        let connection = try channel.pipeline.syncOperations.handler(type: DirectConnection.self)
        if let addressClass = AddressClass(channel.remoteAddress) { peers.note(connection.origin, addressClass) }
        open[ObjectIdentifier(connection)] = connection
        if isShutDown { connection.close() } else { keep(connection) }
    }
}

/// Says when the TLS handshake is complete, or has failed.
private final class HandshakeWitness: ChannelInboundHandler {
    typealias InboundIn = Never

    private let promise: EventLoopPromise<Void>

    var completed: EventLoopFuture<Void> { promise.futureResult }

    /// - Parameter promise: a promise of the connection's event loop.
    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { promise.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.fireErrorCaught(error)
    }

    func handlerRemoved(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}

extension Channel {
    /// Asks the kernel for a large receive buffer.
    ///
    /// While the buffer is full, the peer waits, and each read that makes room lets this side's kernel take in what the peer
    /// sends next. With a large buffer the peer sends all of that itself: a download of 32 MiB over loopback takes 0.6 times
    /// the CPU here. Linux widens the buffer to the low-water mark (tcp_set_rcvlowat) up to half of the maximum in
    /// `net.ipv4.tcp_rmem`, and goes on tuning it. `SO_RCVBUF` would end the tuning.
    fileprivate func widenReceiveWindow() throws {
        #if os(Linux)
            for mark: SocketOptionValue in [4 << 20, 1] {
                try syncOptions?.setOption(.socketOption(.init(rawValue: SO_RCVLOWAT)), value: mark)
            }
        #endif
    }
}

extension WireOrigin {
    /// The host without the brackets of an IPv6 address.
    var bareHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

    /// The name that a certificate is checked for; nil for an address.
    var serverName: String? { AddressClass(address: host) == nil ? host : nil }
}
