// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import RegistryTransport
import Synchronization

/// Answers on the loopback with bytes that no HTTP library would write.
final class RawServer: Sendable {
    /// The answer to a request, as it stands on the wire.
    typealias Answer = @Sendable (_ request: Request) -> String

    struct Request: Sendable {
        /// Up to the empty line.
        let head: String
        /// Counts from 1.
        let connection: Int
    }

    private struct Seen {
        var connections = 0
        var endedConnections = 0
        var requests: [Request] = []
    }

    private let channel: any Channel
    private let seen: Record

    fileprivate final class Record: Sendable {
        private let seen = Mutex(Seen())

        var requests: [Request] { seen.withLock { $0.requests } }
        var connections: Int { seen.withLock { $0.connections } }

        var endedConnections: Int { seen.withLock { $0.endedConnections } }

        func noteEnd() { seen.withLock { $0.endedConnections += 1 } }

        func accept() -> Int {
            seen.withLock { seen in
                seen.connections += 1
                return seen.connections
            }
        }

        func note(_ request: Request) { seen.withLock { $0.requests.append(request) } }
    }

    private init(_ channel: any Channel, _ seen: Record) {
        self.channel = channel
        self.seen = seen
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var connections: Int { seen.connections }
    var endedConnections: Int { seen.endedConnections }
    var requests: [Request] { seen.requests }

    func url(_ target: String = "/", host: String = "127.0.0.1") throws -> WireURL {
        try WireURL("http://\(host):\(port)\(target)")
    }

    /// Serves for as long as the body runs.
    ///
    /// - Parameters:
    ///   - closes: whether each connection is closed after its first answer.
    ///   - closing: whether a connection is closed after this request was answered, or in place of an answer without bytes.
    static func running<Result>(
        closes: Bool = false, closing: @escaping @Sendable (Request) -> Bool = { _ in false }, answer: @escaping Answer,
        _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let seen = Record()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RawAnswers(seen, seen.accept(), answer, closing: { closes || closing($0) }))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        defer { channel.close(promise: nil) }
        return try await body(RawServer(channel, seen))
    }
}

private final class RawAnswers: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let seen: RawServer.Record
    private let connection: Int
    private let answer: RawServer.Answer
    private let closing: @Sendable (RawServer.Request) -> Bool
    private var received = ""

    init(
        _ seen: RawServer.Record, _ connection: Int, _ answer: @escaping RawServer.Answer,
        closing: @escaping @Sendable (RawServer.Request) -> Bool
    ) {
        self.seen = seen
        self.connection = connection
        self.answer = answer
        self.closing = closing
    }

    func channelInactive(context: ChannelHandlerContext) { seen.noteEnd() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        while let end = received.firstRange(of: "\r\n\r\n") {
            let request = RawServer.Request(head: String(received[..<end.lowerBound]), connection: connection)
            received = String(received[end.upperBound...])
            seen.note(request)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer(request))), promise: nil)
            if closing(request) { context.close(promise: nil) }
        }
    }
}

/// The connections that carry requests.
enum Way: CaseIterable {
    case library
    /// `DirectConnections`, on an event loop.
    case direct

    var executor: (any TaskExecutor)? { self == .direct ? EventLoopExecutor.all[0] : nil }
}

extension TransportSettings {
    /// Waits for hours, because the tests of all suites share the machine.
    static var patient: TransportSettings {
        var settings = TransportSettings()
        (settings.stallLimits.head, settings.stallLimits.body) = (.seconds(36_000), .seconds(36_000))
        (settings.stallLimits.commit, settings.stallLimits.sending) = (.seconds(36_000), .seconds(36_000))
        return settings
    }
}

/// Waits on another thread, because an event loop serves no connection while tasks on it only yield.
func until(_ condition: @escaping @Sendable () -> Bool) async {
    await Task.detached { while !condition() { await Task.yield() } }.value
}

/// Runs the body with a transport whose requests take this way.
func withTransport<Result>(
    _ way: Way, _ settings: TransportSettings = .patient,
    _ body: (HTTPClientTransport) async throws -> Result
) async throws -> Result {
    var settings = settings
    settings.sendsDirectly = way == .direct
    return try await withTransport(settings) { transport in
        try await withTaskExecutorPreference(way.executor) { try await body(transport) }
    }
}

/// Runs the body with a transport, and ends its connections.
func withTransport<Result>(
    _ settings: TransportSettings = .patient, _ body: (HTTPClientTransport) async throws -> Result
) async throws -> Result {
    let transport = try HTTPClientTransport(settings)
    do {
        let result = try await body(transport)
        await transport.shutdown()
        return result
    } catch {
        await transport.shutdown()
        throw error
    }
}
