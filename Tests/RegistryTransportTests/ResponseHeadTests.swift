// SPDX-License-Identifier: Apache-2.0

import ProtocolCases
import RegistryTransport
import Testing

/// Answers of every kind of server, as bytes on a real connection.
@Suite struct ResponseHeadTests {
    private struct Seen {
        var status: Int?
        var headers = WireHeaders()
        var body = ""
        var failure: WireFailure?
    }

    /// What is seen, whichever way the request takes.
    private func ask(_ answer: String, _ method: WireRequest.Method = .get) async throws -> Seen {
        let seen = try await ask(answer, method, .library)
        let direct = try await ask(answer, method, .direct)
        #expect(direct.status == seen.status && direct.headers == seen.headers && direct.body == seen.body)
        #expect(direct.failure?.reason == seen.failure?.reason)
        return seen
    }

    private func ask(_ answer: String, _ method: WireRequest.Method, _ way: Way) async throws -> Seen {
        try await RawServer.running(answer: { _ in answer }) { server in
            try await withTransport(way) { transport in
                var seen = Seen()
                do throws(WireFailure) {
                    let response = try await transport.send(WireRequest(method, Self.url(of: server)))
                    (seen.status, seen.headers) = (response.status, response.headers)
                    let body = await response.body.beginning(upTo: 100)
                    seen.body = String(decoding: body.bytes, as: UTF8.self)
                    seen.failure = body.failure
                } catch {
                    seen.failure = error
                }
                return seen
            }
        }
    }

    private static func url(of server: RawServer) -> WireURL {
        WireURL(WireOrigin(scheme: .http, host: "127.0.0.1", port: server.port), target: "/v2/")
    }

    // MARK: Taken

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 OK\nContent-Length: 2\nX-Name: v\n\nok",
        "HTTP/1.1 200\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 \r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1  200 OK\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 Ça va \u{1B}[31m\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\nX-Name:\r\n\tv\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length : 2\r\nX-Name\t:   v  \r\n\r\nok",
        "HTTP/1.1 200 OK\r\nX Odd Name: 1\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\nX-Name: v\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nLink: </x>\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: v\r\n\r\nok",
    ])
    func `a head that every client of the field takes is taken`(answer: String) async throws {
        let seen = try await ask(answer)
        #expect(seen.status == 200, "\(String(describing: seen.failure))")
        #expect(seen.headers["X-Name"] == "v")
        #expect(seen.body == "ok")
        #expect(seen.failure == nil)
    }

    @Test(arguments: [
        "Content-Length: 5", "Content-Length: -1", "Content-Length: many", "Content-Length: 9223372036854775808",
        "Content-Length: 1\r\nContent-Length: 2", "Content-Length:", "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip", "Content-Length: 5\r\nTransfer-Encoding: chunked",
    ])
    func `where no body follows, no length is wrong`(fields: String) async throws {
        for status in ["200 OK", "404 Not Found"] {
            let seen = try await ask("HTTP/1.1 \(status)\r\n\(fields)\r\nX-Name: v\r\n\r\n", .head)
            #expect(seen.status == Int(status.prefix(3)), "\(String(describing: seen.failure))")
            #expect(seen.headers["X-Name"] == "v")
            #expect(seen.body.isEmpty)
        }
        let empty = try await ask("HTTP/1.1 204 No Content\r\n\(fields)\r\n\r\n")
        #expect(empty.status == 204)
    }

    @Test(arguments: Way.allCases)
    func `a body after an answer to HEAD is never the next answer`(way: Way) async throws {
        let answer: RawServer.Answer = { request in
            request.head.hasPrefix("HEAD")
                ? "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        }
        try await RawServer.running(answer: answer) { server in
            try await withTransport(way) { transport in
                let head = try await transport.send(WireRequest(.head, Self.url(of: server)))
                #expect(head.status == 200)
                let next = try await transport.send(WireRequest(.get, Self.url(of: server)))
                #expect(next.status == 200)
                #expect(try await next.body.collected(upTo: 10).bytes == Array("ok".utf8))
            }
            #expect(server.requests.map(\.connection) == [1, 2])
        }
    }

    // MARK: Refused

    @Test(
        .covers("S24"),
        arguments: [
            ("HTTP/1.1 000 No\r\n\r\n", "has a status below 100"),
            ("HTTP/1.1 050 No\r\n\r\n", "has a status below 100"),
            ("HTTP/1.1 099\r\nContent-Length: 0\r\n\r\n", "has a status below 100"),
            ("HTTP/1.1 20 OK\r\n\r\n", "has no status of three digits"),
            ("HTTP/1.1 2000 OK\r\n\r\n", "has no status of three digits"),
            ("HTTP/1.1 -20 OK\r\n\r\n", "has no status of three digits"),
            ("HTTP/1.1 ٣٣٣ OK\r\n\r\n", "has no status of three digits"),
            ("HTTP/1.1\r\n\r\n", "has no status of three digits"),
            ("HTTP/2 200 OK\r\n\r\n", "begins with \"HTTP/2 200 OK\""),
            ("SSH-2.0-OpenSSH_9.6\r\n", "begins with \"SSH-2.0-OpenSSH_9.6"),
            ("\u{15}\u{3}\u{1}\u{0}\u{2}", "begins with \"\\u{15}\\u{3}"),
            ("<html>", "begins with \"<html>\""),
            ("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "101 with a protocol that nobody asked for"),
            ("HTTP/1.1 200 OK\r\n X: y\r\n\r\n", "200 with a header line that begins with a blank"),
            ("HTTP/1.1 403 No\r\nno colon\r\n\r\n", "403 with a header line that has no colon, \"no colon\""),
            ("HTTP/1.1 200 OK\r\n: v\r\n\r\n", "200 with a header line whose name is none"),
            ("HTTP/1.1 200 OK\r\nX\u{1B}: v\r\n\r\n", "200 with a header line whose name is none, \"X\\u{1b}\""),
            ("HTTP/1.1 200 OK\r\nX-Y: a\u{0}b\r\n\r\n", "200 with control characters in its X-Y header"),
            ("HTTP/1.1 200 OK\r\nX-Y: a\rb\r\n\r\n", "200 with control characters in its X-Y header"),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "200 with a Content-Length of \"-1\""),
            ("HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "200 with a Content-Length of \"+2\""),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", "200 with a Content-Length of"),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
                "a Content-Length of \"2\" and \"3\""
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "the transfer encoding \"gzip, chunked\""),
            (String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 33), "103 with more than 32 informational"),
            (String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 5000), "100 with more than 32 informational"),
            ("HTTP/1.1 200 OK\r\n" + String(repeating: "a: b\r\n", count: 300) + "\r\n", "200 with 300 header lines"),
            (
                "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n",
                "a X header of more than 65536"
            ),
            ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 300_000), "its head has more than 262144 bytes"),
        ])
    func `a head that may mean anything is refused, and the message says what came from where`(
        answer: String, reason: String
    ) async throws {
        let seen = try await ask(answer)
        let text = seen.failure.map { "\($0)" } ?? "no failure, \(seen.status ?? 0)"
        #expect(text.contains(reason), "\(text)")
        #expect(text.hasPrefix("127.0.0.1:"), "\(text)")
        guard case .malformed? = seen.failure?.cause else {
            Issue.record("\(String(describing: seen.failure))")
            return
        }
    }
}

extension WireFailure {
    /// The message without the port, which differs.
    fileprivate var reason: Substring { description.drop { $0 != " " } }
}
