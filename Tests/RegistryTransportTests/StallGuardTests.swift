// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import ProtocolCases
import Testing

@testable import RegistryTransport

@Suite struct StallGuardTests {
    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel
    private let witness = ErrorWitness()

    init() throws {
        channel = EmbeddedChannel(handlers: [StallGuard(limits: StallLimits()), witness], loop: loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    private func send(_ method: HTTPMethod) throws {
        try channel.writeOutbound(HTTPClientRequestPart.head(.init(version: .http1_1, method: method, uri: "/")))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
    }

    private func receive(_ part: HTTPClientResponsePart) throws { try channel.writeInbound(part) }

    private var head: HTTPClientResponsePart { .head(.init(version: .http1_1, status: .ok)) }

    private func body(_ count: Int) -> HTTPClientResponsePart { .body(ByteBuffer(repeating: 0, count: count)) }

    @Test(
        .covers("U15", "L14"),
        arguments: [(HTTPMethod.GET, Int64(60)), (.HEAD, 60), (.POST, 60), (.PUT, 180), (.PATCH, 180)])
    func `waits for an answer as long as the request deserves`(method: HTTPMethod, seconds: Int64) throws {
        try send(method)
        loop.advanceTime(by: .seconds(seconds) - .nanoseconds(1))
        #expect(witness.stall == nil)
        loop.advanceTime(by: .nanoseconds(1))
        #expect(witness.stall == .head)
        #expect(!channel.isActive)
    }

    @Test func `an informational answer is none`() throws {
        try send(.GET)
        try receive(.head(.init(version: .http1_1, status: .continue)))
        loop.advanceTime(by: .seconds(60))
        #expect(witness.stall == .head)
    }

    @Test(.covers("L14")) func `a body that stands still is given up after its own time, not the answer's`() throws {
        try send(.PUT)
        loop.advanceTime(by: .seconds(100))
        try receive(head)
        channel.read()
        loop.advanceTime(by: .seconds(29))
        #expect(witness.stall == nil)
        loop.advanceTime(by: .seconds(1))
        #expect(witness.stall == .body)
    }

    @Test(.covers("L14")) func `a slow body that moves is let be`() throws {
        try send(.GET)
        try receive(head)
        for _ in 0..<20 {
            channel.read()
            loop.advanceTime(by: .seconds(29))
            try receive(body(1024))
        }
        #expect(witness.stall == nil)
    }

    @Test(.covers("S24")) func `a body of a byte now and then is not moving`() throws {
        try send(.GET)
        try receive(head)
        for _ in 0..<31 {
            channel.read()
            loop.advanceTime(by: .seconds(1))
            if channel.isActive { try receive(body(1)) }
        }
        #expect(witness.stall == .body)
    }

    @Test func `while nobody reads nobody stalls`() throws {
        try send(.GET)
        try receive(head)
        channel.pipeline.fireChannelReadComplete()
        loop.advanceTime(by: .hours(1))
        #expect(witness.stall == nil)
        channel.read()
        loop.advanceTime(by: .seconds(30))
        #expect(witness.stall == .body)
    }

    @Test func `a request whose bytes come late is not the peer's fault`() throws {
        try channel.writeOutbound(HTTPClientRequestPart.head(.init(version: .http1_1, method: .PUT, uri: "/")))
        loop.advanceTime(by: .hours(1))
        #expect(witness.stall == nil)
    }

    @Test func `bytes that do not leave are a stall`() throws {
        try channel.writeOutbound(HTTPClientRequestPart.head(.init(version: .http1_1, method: .PUT, uri: "/")))
        channel.isWritable = false
        loop.advanceTime(by: .seconds(30))
        #expect(witness.stall == .sending)
    }

    @Test func `an idle connection is left alone`() throws {
        try send(.GET)
        try receive(head)
        try receive(.end(nil))
        loop.advanceTime(by: .hours(1))
        #expect(witness.stall == nil)
        #expect(channel.isActive)
    }
}

private final class ErrorWitness: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private(set) var stall: WireFailure.Stall?

    func errorCaught(context: ChannelHandlerContext, error: any Error) { stall = (error as? StallError)?.stall }
}
