// SPDX-License-Identifier: Apache-2.0

import NIOCore
import RegistryTransport
import Testing

/// When an answer is handed over, and what ends it.
@Suite struct AnswerTests {
    private static let halves = ["HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\n", "abc"]

    @Test(arguments: Way.allCases)
    func `a small answer that breaks off has its status and the bytes that came`(way: Way) async throws {
        try await RawServer.running(closes: true, answer: { _ in Self.halves.joined() }) { server in
            try await withTransport(way) { transport in
                let response = try await transport.send(WireRequest(.get, try server.url()))
                let body = await response.body.beginning(upTo: 100)
                #expect(response.status == 404 && body.bytes == Array("abc".utf8) && !body.isComplete)
                #expect(body.failure != nil)
            }
        }
    }

    @Test(
        arguments: ["Content-Length: 1000000\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
        Way.allCases)
    func `a large answer is handed over before its end, and its connection ends with its reader`(
        rest: String, way: Way
    ) async throws {
        try await RawServer.running(answer: { _ in "HTTP/1.1 200 OK\r\n" + rest }) { server in
            try await withTransport(way) { transport in
                let response = try await transport.send(WireRequest(.get, try server.url()))
                #expect(response.status == 200)
                var first: [UInt8] = []
                for try await buffer in response.body {
                    first = Array(buffer.readableBytesView)
                    break
                }
                #expect(first == Array("abc".utf8))
                await until { server.endedConnections > 0 }
            }
        }
    }

    @Test(arguments: Way.allCases) func `a body that nobody reads ends its connection`(way: Way) async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc"
        try await RawServer.running(answer: { _ in answer }) { server in
            try await withTransport(way) { transport in
                _ = try await transport.send(WireRequest(.get, try server.url()))
                await until { server.endedConnections > 0 }
            }
        }
    }

    @Test(arguments: ["", halves[0]], Way.allCases)
    func `cancelling a task that waits for an answer ends the request`(begun: String, way: Way) async throws {
        try await RawServer.running(answer: { _ in begun }) { server in
            try await withTransport(way) { transport in
                let request = WireRequest(.get, try server.url())
                let sending = Task(executorPreference: way.executor) { try await transport.send(request) }
                await until { !server.requests.isEmpty }
                sending.cancel()
                let failure = await #expect(throws: WireFailure.self) {
                    let response = try await sending.value
                    _ = try await response.body.collected(upTo: 100)
                }
                #expect(failure?.isCancelled == true, "\(String(describing: failure))")
                await until { server.endedConnections > 0 }
            }
        }
    }

    @Test(
        arguments: ["", "Content-Length: 5\r\n\r\nab", "Content-Length: 99999\r\n\r\nab"], Way.allCases)
    func `an answer that stands still is given up after its time`(rest: String, way: Way) async throws {
        var settings = TransportSettings.patient
        (settings.stallLimits.head, settings.stallLimits.body) = (.milliseconds(50), .milliseconds(50))
        try await RawServer.running(answer: { _ in rest.isEmpty ? "" : "HTTP/1.1 200 OK\r\n" + rest }) { server in
            try await withTransport(way, settings) { transport in
                let failure = await #expect(throws: WireFailure.self) {
                    let response = try await transport.send(WireRequest(.get, try server.url()))
                    _ = try await response.body.collected(upTo: 100_000)
                }
                let isStalled = if case .stalled? = failure?.cause { true } else { false }
                #expect(isStalled, "\(String(describing: failure))")
                await until { server.endedConnections > 0 }
            }
        }
    }

    @Test(arguments: [0, 10, 100_000], Way.allCases)
    func `a task that is cancelled before sends no request`(size: Int, way: Way) async throws {
        try await RawServer.running(answer: { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }) { server in
            try await withTransport(way) { transport in
                let body = WireRequest.Body.bytes([UInt8](repeating: 0, count: size))
                let request = WireRequest(.put, try server.url(), body: size == 0 ? .none : body)
                let sending = Task(executorPreference: way.executor) {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await transport.send(request)
                }
                let failure = await #expect(throws: WireFailure.self) { try await sending.value }
                #expect(failure?.isCancelled == true && server.requests.isEmpty)
            }
        }
    }

    @Test(arguments: Way.allCases)
    func `a task that is cancelled while a small body is read sends no request`(way: Way) async throws {
        try await RawServer.running(answer: { _ in "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }) { server in
            try await withTransport(way) { transport in
                // Then there is a connection that could carry the next request at once.
                _ = try await transport.send(WireRequest(.get, try server.url())).body.collected(upTo: 1)
                let body = WireRequest.Body.stream(AnyByteStream(CancellingBytes()), length: 1)
                let request = WireRequest(.put, try server.url(), body: body)
                let sending = Task(executorPreference: way.executor) { try await transport.send(request) }
                let failure = await #expect(throws: WireFailure.self) { try await sending.value }
                #expect(failure?.isCancelled == true)
            }
            // What was sent arrives before the end of its connection.
            await until { server.endedConnections > 0 }
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: Way.allCases)
    func `answers to HEAD have no body, whatever length they name, and share a connection`(way: Way) async throws {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
        try await RawServer.running(answer: { _ in answer }) { server in
            try await withTransport(way) { transport in
                for _ in 0..<3 {
                    let response = try await transport.send(WireRequest(.head, try server.url()))
                    let body = try await response.body.collected(upTo: 100)
                    #expect(response.headers.contentLength == 1_000_000 && body.bytes.isEmpty)
                }
            }
            #expect(server.connections == 1)
        }
    }
}

/// One byte, whose reader is cancelled when it asks for it.
private struct CancellingBytes: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    typealias Failure = any Error

    struct AsyncIterator: AsyncIteratorProtocol {
        private var rest: [ByteBuffer] = [ByteBuffer(bytes: [1])]

        mutating func next() async throws -> ByteBuffer? {
            withUnsafeCurrentTask { $0?.cancel() }
            return rest.popLast()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }
}

extension WireFailure {
    fileprivate var isCancelled: Bool { if case .cancelled = cause { true } else { false } }
}
