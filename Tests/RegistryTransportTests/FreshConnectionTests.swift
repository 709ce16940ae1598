// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

/// Asking again on another connection: what damaged one answer has no part in the next.
@Suite struct FreshConnectionTests {
    @Test func `a fresh request shares its connection with nobody, before or after`() async throws {
        try await RawServer.running(answer: { _ in "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }) { server in
            try await withTransport { transport in
                for (target, connection) in order {
                    let request = WireRequest(.get, try server.url(target), connection: connection)
                    let response = try await transport.send(request)
                    #expect(try await response.body.collected(upTo: 10).bytes == Array("ok".utf8))
                }
            }
            try expectFreshOnesAlone(in: server.requests)
        }
    }

    private let order: [(String, WireRequest.Connection)] = [
        ("/shared", .shared), ("/fresh", .fresh), ("/fresh", .fresh), ("/shared", .shared), ("/fresh", .fresh),
    ]

    private func expectFreshOnesAlone(in requests: [RawServer.Request]) throws {
        #expect(requests.count == order.count)
        for request in requests where request.head.contains("/fresh") {
            #expect(requests.filter { $0.connection == request.connection }.count == 1)
            #expect(request.head.lowercased().contains("\r\nconnection: close"))
        }
        for request in requests where request.head.contains("/shared") {
            #expect(!request.head.lowercased().contains("\r\nconnection: close"))
        }
    }

    @Test func `redirects of a fresh request are fresh as well`() async throws {
        let answer: RawServer.Answer = { request in
            request.head.contains("/first")
                ? "HTTP/1.1 307 Temporary Redirect\r\nLocation: /second\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        }
        try await RawServer.running(answer: answer) { server in
            try await withTransport { transport in
                let request = WireRequest(.get, try server.url("/first"), connection: .fresh)
                _ = try await transport.sendFollowing(request, home: request.url.origin)
            }
            #expect(server.requests.map(\.connection) == [1, 2])
            #expect(server.requests.allSatisfy { $0.head.lowercased().contains("connection: close") })
        }
    }
}
