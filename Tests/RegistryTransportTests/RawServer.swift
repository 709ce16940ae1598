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
    /// - Parameter closes: whether each connection is closed after its first answer.
    static func running<Result>(
        closes: Bool = false, answer: @escaping Answer, _ body: (RawServer) async throws -> Result
    ) async throws -> Result {
        let seen = Record()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RawAnswers(seen, seen.accept(), answer, closes: closes))
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
    private let closes: Bool
    private var received = ""

    init(_ seen: RawServer.Record, _ connection: Int, _ answer: @escaping RawServer.Answer, closes: Bool) {
        self.seen = seen
        self.connection = connection
        self.answer = answer
        self.closes = closes
    }

    func channelInactive(context: ChannelHandlerContext) { seen.noteEnd() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received += String(buffer: unwrapInboundIn(data))
        while let end = received.firstRange(of: "\r\n\r\n") {
            let request = RawServer.Request(head: String(received[..<end.lowerBound]), connection: connection)
            received = String(received[end.upperBound...])
            seen.note(request)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer(request))), promise: nil)
            if closes { context.close(promise: nil) }
        }
    }
}

/// Runs the body with a transport, and ends its connections.
func withTransport<Result>(
    _ settings: TransportSettings = TransportSettings(), _ body: (HTTPClientTransport) async throws -> Result
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
