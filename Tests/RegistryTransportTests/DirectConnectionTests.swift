// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization
import Testing
import TransshipTesting

@testable import RegistryTransport

/// Which requests are sent directly, and what becomes of their connections.
@Suite struct DirectConnectionTests {
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    /// Loopback addresses are never reached through a proxy.
    private static let elsewhere = WireOrigin(scheme: .http, host: "registry.test", port: 80)

    /// Whether a request is sent directly.
    private func isTaken(
        _ way: Way, _ settings: TransportSettings = .patient,
        _ change: (inout WireRequest) -> Void = { _ in }
    ) async throws -> Bool {
        try await RawServer.running(answer: { _ in Self.ok }) { server in
            let direct = DirectConnections(
                settings, beside: try HTTPClientPool(settings), WireRecorder(log: nil, tally: nil))
            var request = WireRequest(.put, try server.url())
            change(&request)
            let response = try await withTaskExecutorPreference(way.executor) { try await direct.answer(to: &request) }
            await direct.shutdown()
            #expect(server.requests.count == (response == nil ? 0 : 1))
            return response != nil
        }
    }

    @Test func `plain requests of tasks on an event loop are sent directly`() async throws {
        #expect(try await isTaken(.direct))
        #expect(try await !isTaken(.library))
        #expect(try await isTaken(.direct) { $0.body = .bytes([1]) })
        #expect(try await isTaken(.direct) { $0.body = .stream(AnyByteStream([ByteBuffer(bytes: [1])]), length: 1) })
    }

    @Test func `what is unusual is left to the HTTP library`() async throws {
        #expect(try await !isTaken(.direct) { $0.connection = .fresh })
        #expect(try await !isTaken(.direct) { $0.reach = .publicOr(.loopback) })
        #expect(try await !isTaken(.direct) { $0.headers.add("Connection", "close") })
        #expect(try await !isTaken(.direct) { $0.body = .bytes([UInt8](repeating: 0, count: 100_000)) })
        #expect(try await !isTaken(.direct) { $0.body = .stream(AnyByteStream([]), length: 100_000) })
        var settings = TransportSettings.patient
        settings.proxies = ProxySettings(http: try ProxyServer("http://127.0.0.1:9"), https: nil, exceptions: "")
        #expect(try await !isTaken(.direct, settings) { $0.url.origin = Self.elsewhere })
    }

    /// The answers' bodies, or what was wrong.
    private func send(
        _ requests: [WireRequest], _ settings: TransportSettings = .patient
    ) async throws -> [String] {
        try await withTransport(.direct, settings) { transport in
            var seen: [String] = []
            for request in requests {
                do throws(WireFailure) {
                    let body = try await transport.send(request).body.collected(upTo: 1 << 24)
                    seen.append(String(decoding: body.bytes, as: UTF8.self))
                } catch {
                    seen.append("\(error.cause)")
                }
            }
            return seen
        }
    }

    @Test func `one request after the other uses one connection`() async throws {
        try await RawServer.running(answer: { _ in Self.ok }) { server in
            let request = WireRequest(.get, try server.url())
            #expect(try await send([request, request, request]) == ["ok", "ok", "ok"])
            #expect(server.connections == 1)
        }
    }

    @Test func `a connection that the peer closed after an answer is replaced`() async throws {
        try await RawServer.running(closes: true, answer: { _ in Self.ok }) { server in
            let request = WireRequest(.get, try server.url())
            #expect(try await send([request, request, request]) == ["ok", "ok", "ok"])
            #expect(server.connections == 3)
        }
    }

    @Test(arguments: [WireRequest.Method.get, .head])
    func `a question that a closing connection took with it is repeated on another one`(
        method: WireRequest.Method
    ) async throws {
        try await withClosedConnection(method) { seen, server in
            #expect(seen == (method == .get ? ["ok", "ok", "ok"] : ["", "", ""]))
            #expect(server.requests.map(\.connection) == [1, 1, 2, 2])
        }
    }

    @Test(arguments: [WireRequest.Method.post, .put, .patch, .delete])
    func `a change that a closing connection took with it is not repeated, because it may have been made`(
        method: WireRequest.Method
    ) async throws {
        try await withClosedConnection(method) { seen, server in
            #expect(seen == ["ok", "broken", "ok"])
            #expect(server.requests.map(\.connection) == [1, 1, 2])
        }
    }

    private func withClosedConnection(
        _ method: WireRequest.Method, _ check: ([String], RawServer) throws -> Void
    ) async throws {
        let seen = SeenRequests()
        let answer: RawServer.Answer = { request in
            if seen.isSecond(request) { return "" }
            return request.head.hasPrefix("HEAD") ? "HTTP/1.1 200 OK\r\n\r\n" : Self.ok
        }
        try await RawServer.running(closing: { seen.isClosed($0) }, answer: answer) { server in
            let request = WireRequest(method, try server.url())
            try check(try await send([request, request, request]), server)
        }
    }

    @Test func `a connection that breaks in the middle of a head is not replaced`() async throws {
        try await RawServer.running(closes: true, answer: { _ in "HTTP/1.1 20" }) { server in
            let seen = try await send([WireRequest(.get, try server.url())])
            #expect(seen == ["broken"] && server.connections == 1)
        }
    }

    @Test func `bytes after an answer are never the next answer`() async throws {
        try await RawServer.running(answer: { _ in Self.ok + Self.ok.replacing("ok", with: "no") }) { server in
            let request = WireRequest(.get, try server.url())
            #expect(try await send([request, request, request]) == ["ok", "ok", "ok"])
            #expect(server.connections == 3)
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nab",
    ])
    func `after a cancelled request the next one gets its own answer, over another connection`(
        unfinished: String
    ) async throws {
        let answer: RawServer.Answer = { $0.head.contains("/first") ? unfinished : Self.ok }
        try await RawServer.running(answer: answer) { server in
            try await withTransport(.direct) { transport in
                let first = WireRequest(.get, try server.url("/first"))
                let sending = Task(executorPreference: Way.direct.executor) {
                    try await transport.send(first).body.collected(upTo: 1 << 20).bytes
                }
                await until { !server.requests.isEmpty }
                sending.cancel()
                await #expect(throws: WireFailure.self) { try await sending.value }
                let next = try await transport.send(WireRequest(.get, try server.url("/next")))
                #expect(try await next.body.collected(upTo: 10).bytes == Array("ok".utf8))
            }
            #expect(server.requests.map(\.connection) == [1, 2])
        }
    }

    @Test func `a large body arrives whole, however slowly it is read`() async throws {
        let body = String(repeating: "0123456789abcdef", count: 200_000)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await RawServer.running(answer: { _ in answer }) { server in
            try await withTransport(.direct) { transport in
                for _ in 0..<2 {
                    let response = try await transport.send(WireRequest(.get, try server.url()))
                    var received = ""
                    for try await buffer in response.body {
                        for _ in 0..<10 { await Task.yield() }
                        received += String(buffer: buffer)
                    }
                    #expect(received == body)
                }
            }
            #expect(server.connections == 1)
        }
    }

    @Test(arguments: Way.allCases) func `nobody there is a refusal`(way: Way) async throws {
        // Another test's server may get a port that was free a moment ago, but not this one.
        let url = try WireURL("http://127.0.0.1:1/")
        try await withTransport(way) { transport in
            let failure = await #expect(throws: WireFailure.self) { try await transport.send(WireRequest(.get, url)) }
            #expect(failure.map { "\($0.cause)" } == "refused")
        }
    }

    @Test func `requests and bytes are counted and logged as ever`() async throws {
        var settings = TransportSettings.patient
        let tally = WireTally()
        let events = Mutex(0)
        settings.tally = tally
        settings.log = WireLog { _ in events.withLock { $0 += 1 } }
        try await RawServer.running(answer: { _ in Self.ok }) { server in
            let request = WireRequest(.put, try server.url(), body: .bytes([1, 2, 3]))
            _ = try await send([request, request], settings)
            let entry = tally.snapshot[request.url.origin]
            #expect(entry == WireTally.Entry(requests: 2, bytesSent: 6, bytesReceived: 4))
            #expect(events.withLock { $0 } == 4)
        }
    }

    @Test func `after the end no request is sent`() async throws {
        try await RawServer.running(answer: { _ in Self.ok }) { server in
            try await withTransport(.direct) { transport in
                _ = try await transport.send(WireRequest(.get, try server.url()))
                await transport.shutdown()
                await until { server.endedConnections > 0 }
                await #expect(throws: WireFailure.self) {
                    try await transport.send(WireRequest(.get, try server.url()))
                }
                #expect(server.requests.count == 1)
            }
        }
    }
}

/// Counts the requests of the first connection.
private final class SeenRequests: Sendable {
    private let count = Mutex(0)

    func isSecond(_ request: RawServer.Request) -> Bool {
        guard request.connection == 1 else { return false }
        return count.withLock { count in
            count += 1
            return count == 2
        }
    }

    /// Asked after the answer to the same request.
    func isClosed(_ request: RawServer.Request) -> Bool { request.connection == 1 && count.withLock { $0 } == 2 }
}
