// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import RegistryFaults
import Testing

@testable import RegistryServer

/// How long a client may keep a connection waiting, on a clock of the test's own.
struct ClientTimeoutTests {
    private func connect(
        _ registry: RegistryUnderTest, _ change: (inout ConnectionLimits) -> Void = { _ in }
    ) throws -> EmbeddedConnection {
        var limits = ConnectionLimits()
        change(&limits)
        return try EmbeddedConnection(registry.responder, limits: limits)
    }

    @Test func `closes a connection that brings no request, before the first one and after`() throws {
        for first in ["", "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n"] {
            let connection = try connect(try RegistryUnderTest())
            connection.advance(by: .seconds(20))
            if !first.isEmpty { connection.send(ByteBuffer(string: first)) }
            _ = connection.read()
            connection.advance(by: .seconds(first.isEmpty ? 9 : 29))
            #expect(connection.isOpen)
            connection.advance(by: .seconds(1))
            #expect(!connection.isOpen)
            #expect(connection.read().readableBytes == 0)
        }
    }

    @Test func `answers a head that arrives byte by byte with 408`() throws {
        let connection = try connect(try RegistryUnderTest())
        let head = "GET /v2/ HTTP/1.1\r\nHost: " + String(repeating: "x", count: 100)
        for byte in head.utf8.prefix(30) {
            connection.send(ByteBuffer(bytes: [byte]))
            connection.advance(by: .milliseconds(999))
        }
        #expect(connection.isOpen)
        connection.advance(by: .seconds(1))
        #expect(String(buffer: connection.read()).hasPrefix("HTTP/1.1 408"))
        #expect(!connection.isOpen)
    }

    @Test func `answers a body that stops with 408, and keeps what had arrived`() async throws {
        let registry = try RegistryUnderTest()
        let session = try await registry.open()
        let answer = try stop("PATCH \(session) HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", registry)
        #expect(answer.hasPrefix("HTTP/1.1 408"))
        #expect(answer.contains("Connection: close"))
        #expect(try await registry.send(.GET, session)["Range"] == "0-2")
    }

    private func stop(_ text: String, _ registry: RegistryUnderTest) throws -> String {
        let connection = try connect(registry)
        connection.send(ByteBuffer(string: text))
        connection.advance(by: .seconds(29))
        #expect(connection.isOpen)
        connection.advance(by: .seconds(1))
        connection.advance(by: .seconds(10))
        #expect(!connection.isOpen)
        return String(buffer: connection.read())
    }

    @Test func `waits for a body that goes on, however slowly`() async throws {
        let registry = try RegistryUnderTest()
        try takeSlowly(registry, try await registry.open())
    }

    private func takeSlowly(_ registry: RegistryUnderTest, _ session: String) throws {
        let connection = try connect(registry)
        connection.send(ByteBuffer(string: "PATCH \(session) HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"))
        for _ in 0..<10 {
            connection.advance(by: .seconds(29))
            connection.send(ByteBuffer(string: "x"))
        }
        #expect(String(buffer: connection.read()).hasPrefix("HTTP/1.1 202"))
    }

    @Test func `closes a connection whose refused body stops`() throws {
        let connection = try connect(try RegistryUnderTest())
        connection.send(
            ByteBuffer(string: "PATCH /v2/app/blobs/uploads/no HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"))
        #expect(String(buffer: connection.read()).hasPrefix("HTTP/1.1 404"))
        connection.advance(by: .seconds(30))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [
        (ClientTimeout.Wait.request, Int64(20)), (.head, 10), (.body, 30), (.reading, 30),
    ])
    func `has a limit for each wait`(wait: ClientTimeout.Wait, seconds: Int64) {
        var limits = ConnectionLimits()
        (limits.headTimeout, limits.idleTimeout, limits.bodyTimeout) = (.seconds(10), .seconds(20), .seconds(30))
        var clientTimeout = ClientTimeout(limits, now: .uptimeNanoseconds(0))
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        clientTimeout.begin(wait, at: start)
        #expect(clientTimeout.verdict(at: start + .seconds(seconds) - .nanoseconds(1)) != .expired(wait))
        #expect(clientTimeout.verdict(at: start + .seconds(seconds)) == .expired(wait))
        clientTimeout.progress(at: start + .seconds(5))
        let moved = clientTimeout.verdict(at: start + .seconds(seconds))
        #expect(wait == .head ? moved == .expired(wait) : moved != .expired(wait))
    }

    @Test func `looks again soon enough for the shortest limit, and never blames a client for the registry's work`() {
        var limits = ConnectionLimits()
        limits.headTimeout = .seconds(1)
        var clientTimeout = ClientTimeout(limits, now: .uptimeNanoseconds(0))
        #expect(clientTimeout.verdict(at: .uptimeNanoseconds(0)) == .lookAgain(at: .uptimeNanoseconds(1_000_000_000)))
        clientTimeout.pause()
        let late = NIODeadline.uptimeNanoseconds(0) + .hours(1)
        #expect(clientTimeout.verdict(at: late) == .lookAgain(at: late + .seconds(1)))
    }
}
