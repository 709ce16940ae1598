// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Testing

@testable import LiveView

/// Keeps back what is written, as a socket does whose other side reads nothing.
private final class HoldingHandler: ChannelOutboundHandler {
    typealias OutboundIn = HTTPServerResponsePart

    private var held: [EventLoopPromise<Void>] = []

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if let promise { held.append(promise) }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        for promise in held { promise.fail(ChannelError.ioOnClosedChannel) }
        held = []
        context.close(mode: mode, promise: promise)
    }
}

@Suite struct LiveServerTests {
    private func connect(to server: LiveServer) async throws -> any Channel {
        let port = try #require(server.address.firstMatch(of: /:([0-9]+)\//).flatMap { Int($0.output.1) })
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
    }

    @Test func `one connection more than the limit is closed, and all of them at the end`() async throws {
        let server = try await LiveServer.start(
            hosts: ["127.0.0.1"], port: 0, shownHost: "127.0.0.1", command: "batch",
            connections: LiveConnections(requestTimeout: .hours(1)))
        var open: [any Channel] = []
        for _ in 0..<LiveConnections.limit { open.append(try await connect(to: server)) }
        try await connect(to: server).closeFuture.get()
        #expect(open.allSatisfy { $0.isActive })
        await server.end("exit code 0")
        for channel in open { try await channel.closeFuture.get() }
    }

    @Test func `an address that the machine does not have is no address`() async throws {
        let first = try await LiveServer.start(hosts: ["127.0.0.1"], port: 0, shownHost: "localhost", command: "batch")
        let port = try #require(
            first.address.firstMatch(of: /http:\/\/localhost:([0-9]+)\//).flatMap { Int($0.output.1) })
        let failure = await #expect(throws: LiveServerFailure.self) {
            try await LiveServer.start(hosts: ["192.0.2.1", "127.0.0.1"], port: port, shownHost: "x", command: "batch")
        }
        #expect(failure?.reason == "address already in use")
        await first.end("exit code 0")
    }

    @Test func `a reader that takes nothing for half a minute loses its connection`() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let channel = NIOAsyncTestingChannel(loop: loop)
        try await loop.submit { try channel.pipeline.syncOperations.addHandler(HoldingHandler()) }.get()
        try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
        let writing = Task { try await LiveWriter(channel: channel, isHead: false).begin(.ok, [:], length: nil) }
        while channel.isActive { await loop.advanceTime(by: .seconds(1)) }
        await #expect(throws: (any Error).self) { try await writing.value }
        await loop.shutdownGracefully()
    }
}
