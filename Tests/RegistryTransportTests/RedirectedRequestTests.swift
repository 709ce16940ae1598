// SPDX-License-Identifier: Apache-2.0

import RegistryTransport
import Testing

/// Redirects of requests that carry nothing, over real connections.
@Suite struct RedirectedRequestTests {
    private func follow(
        _ method: WireRequest.Method, _ status: Int, body: WireRequest.Body = .bytes([])
    ) async throws -> (requests: [String], failure: WireFailure?) {
        let answer: RawServer.Answer = { request in
            request.head.contains(" /first ")
                ? "HTTP/1.1 \(status) Elsewhere\r\nLocation: /second\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
        }
        return try await RawServer.running(answer: answer) { server in
            let request = WireRequest(method, try server.url("/first"), body: body)
            let failure = try await withTransport { transport -> WireFailure? in
                do throws(WireFailure) {
                    _ = try await transport.sendFollowing(request, home: request.url.origin)
                    return nil
                } catch {
                    return error
                }
            }
            return (server.requests.map { String($0.head.prefix { $0 != "\r\n" }) }, failure)
        }
    }

    @Test(arguments: [WireRequest.Method.post, .put, .delete, .get, .head], [301, 302, 307, 308])
    func `a request without a body is sent on as it is`(method: WireRequest.Method, status: Int) async throws {
        let (requests, failure) = try await follow(method, status)
        #expect(failure == nil)
        #expect(requests == ["\(method.rawValue) /first HTTP/1.1", "\(method.rawValue) /second HTTP/1.1"])
    }

    @Test(arguments: [WireRequest.Method.post, .put, .delete])
    func `303 to what changes something is refused with its reason`(method: WireRequest.Method) async throws {
        let (requests, failure) = try await follow(method, 303)
        #expect(requests.count == 1)
        #expect(failure.map { "\($0)" }?.contains("303 answers a \(method.rawValue)") == true)
    }

    @Test(arguments: [307, 308, 302]) func `a body goes nowhere else`(status: Int) async throws {
        let (requests, failure) = try await follow(.put, status, body: .bytes([1]))
        #expect(requests.count == 1)
        #expect(failure.map { "\($0)" }?.contains("uploads must go where the registry said at first") == true)
    }

    @Test(arguments: [
        ("https://r.io", "http://r.io/x", "https://r.io/x"), ("https://r.io", "http://r.io:443/x", "https://r.io/x"),
        ("https://r.io:5000", "http://r.io:5000/x?y=z", "https://r.io:5000/x?y=z"),
        ("https://r.io:5000", "http://R.IO/x", "https://r.io:5000/x"),
        ("https://r.io", "http://r.io:8080/x", "http://r.io:8080/x"),
        ("https://r.io", "http://cdn.io/x", "http://cdn.io/x"), ("http://r.io", "http://r.io/x", "http://r.io/x"),
    ])
    func `http at a TLS registry's own host means the registry`(base: String, reference: String, meant: String) throws {
        #expect(try WireURL(base + "/v2/").resolving(reference) == WireURL(meant))
    }

    /// Registries that are told to call themselves https, and are asked past the proxy that ends TLS.
    @Test(arguments: [
        ("http://r.io:5000", "https://r.io:5000/x?y=z", "http://r.io:5000/x?y=z"),
        ("http://r.io", "https://R.IO:80/x", "http://r.io/x"), ("http://r.io", "https://r.io/x", "https://r.io/x"),
        ("http://r.io:5000", "https://r.io/x", "https://r.io/x"),
        ("http://r.io:5000", "https://cdn.io:5000/x", "https://cdn.io:5000/x"),
    ])
    func `https at the port that answered without TLS means the registry`(
        base: String, reference: String, meant: String
    ) throws {
        #expect(try WireURL(base + "/v2/").resolving(reference) == WireURL(meant))
    }
}
