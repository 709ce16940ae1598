// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RegistryTransport

/// Requests as they leave.
@Suite struct DirectRequestTests {
    private let url = WireURL(WireOrigin(scheme: .http, host: "registry.example", port: 5000), target: "/v2/?a=b")

    private func text(_ request: WireRequest) -> String { String(buffer: DirectRequest(request).bytes) }

    @Test func `a request has its target, its host and its fields in order`() {
        let request = WireRequest(.get, url, headers: ["Accept": "a/b", "User-Agent": "c"])
        #expect(
            text(request)
                == "GET /v2/?a=b HTTP/1.1\r\nHost: registry.example:5000\r\nAccept: a/b\r\nUser-Agent: c\r\n\r\n"
        )
    }

    @Test func `a body is announced by its length, and the lack of one where a body is usual`() {
        #expect(text(WireRequest(.put, url, body: .bytes(Array("ok".utf8)))).hasSuffix("Content-Length: 2\r\n\r\nok"))
        #expect(text(WireRequest(.post, url)).hasSuffix("Content-Length: 0\r\n\r\n"))
        #expect(!text(WireRequest(.delete, url)).contains("Content-Length"))
    }

    @Test(arguments: [
        ("X", "a\r\nY: b"), ("X", "a\u{0}"), ("X\r\nY", "a"), ("X:", "a"), ("", "a"), ("Host", "a"),
        ("content-length", "1"), ("Transfer-Encoding", "chunked"), ("connection", "close"),
    ])
    func `a field that could change the request is left to the HTTP library`(name: String, value: String) {
        var request = WireRequest(.get, url)
        request.headers.add(name, value)
        #expect(!DirectRequest.isPlain(request))
    }

    @Test(arguments: ["/a b", "/a\r\nX: y", "/\u{7F}", "/é"])
    func `so is a target with other than visible ASCII`(target: String) {
        #expect(!DirectRequest.isPlain(WireRequest(.get, WireURL(url.origin, target: target))))
    }

    @Test(arguments: [WireRequest.Method.get, .head]) func `reading may be repeated`(method: WireRequest.Method) {
        #expect(DirectRequest(WireRequest(method, url)).isRepeatable)
    }

    @Test(arguments: [WireRequest.Method.post, .put, .patch, .delete])
    func `changing may not be repeated`(method: WireRequest.Method) {
        #expect(!DirectRequest(WireRequest(method, url)).isRepeatable)
    }
}
