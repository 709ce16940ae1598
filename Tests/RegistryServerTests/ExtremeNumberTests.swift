// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Testing

/// What a client may write wherever the registry reads a number: refused, ignored or right, and the registry goes on.
struct ExtremeNumberTests {
    private static let extremes = [
        "-1", "0", "1", "2147483648", "9007199254740992", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "18446744073709551616", "1e300", "NaN", String(repeating: "9", count: 400), " 1", "+1",
        "1_0", "٣", "",
    ]

    private static let headers = [
        "Content-Length: X", "Content-Range: X", "Content-Range: 0-X", "Content-Range: X-X", "Content-Range: X-",
        "Content-Range: bytes 0-X/X", "Range: X", "Range: bytes=X", "Range: bytes=X-", "Range: bytes=-X",
        "Range: bytes=0-X", "Range: bytes=X-X", "Range: bytes=0-1,X-X", "If-Range: X", "If-None-Match: X", "Expect: X",
        "Transfer-Encoding: X", "Host: X", "Connection: X", "Keep-Alive: timeout=X", "Upgrade: X", "Authorization: X",
        "Authorization: Basic X", "Content-Type: X", "X: X",
    ]

    private static let targets = [
        "/v2/_catalog?n=X", "/v2/_catalog?last=X", "/v2/app/tags/list?n=X&last=X", "/v2/app/blobs/uploads/?digest=X",
        "/v2/app/blobs/uploads/?digest=sha256:X", "/v2/app/blobs/uploads/?mount=X&from=X",
        "/v2/app/blobs/uploads/?mount=sha256:X&from=app", "/v2/app/blobs/uploads/?digest-algorithm=X",
        "SESSION?_state=X", "SESSION?digest=X", "SESSIONX", "/v2/app/blobs/uploads/X", "/v2/app/blobs/X",
        "/v2/app/blobs/sha256:X", "/v2/app/manifests/X", "/v2/app/manifests/sha256:X", "/v2/app/manifests/v1?tag=X",
        "/v2/app/referrers/X", "/v2/app/referrers/sha256:X", "/v2/app/referrers/BLOB?artifactType=X&last=X",
        "/v2/X/tags/list", "/vX/", "/token?scope=repository:X:X&n=X", "X",
    ]

    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

    private let registry: RegistryUnderTest
    private let session: String
    private let blob: Digest

    init() async throws {
        registry = try RegistryUnderTest()
        session = try await registry.open()
        blob = try await registry.push(blob: "0123456789")
    }

    /// Everything that comes back for the bytes, when the client waits for a minute.
    private func answer(to text: String) throws -> String {
        let connection = try EmbeddedConnection(registry.responder)
        connection.send(ByteBuffer(string: text))
        connection.advance(by: .seconds(30))
        connection.advance(by: .seconds(30))
        #expect(!connection.isOpen)
        return String(buffer: connection.read())
    }

    private func checkItGoesOn() throws {
        #expect(try answer(to: "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("HTTP/1.1 200"))
    }

    /// The registry refuses, ignores or does what is asked, and answers at all where it does not close.
    private func check(_ text: String) throws {
        let answer = try answer(to: text)
        let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 400
        #expect((100..<500).contains(status), "\(text) → \(answer)")
    }

    @Test(arguments: extremes) func `in a header`(number: String) throws {
        for header in Self.headers.map({ $0.replacing("X", with: number) }) {
            for (method, target) in [
                ("GET", "/v2/app/blobs/\(blob)"), ("PATCH", session), ("PUT", "/v2/app/manifests/v1"),
            ] {
                try check("\(method) \(target) HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\nabc")
                try check("\(method) \(target) HTTP/1.1\r\n\(header)\r\nContent-Length: 3\r\n\r\nabc")
            }
        }
        try checkItGoesOn()
    }

    @Test(arguments: extremes) func `in a path or query`(number: String) throws {
        for target in Self.targets {
            let target = target.replacing("X", with: PercentEncoding.encode(number)).replacing("SESSION", with: session)
                .replacing("BLOB", with: blob.text)
            for method in Self.methods {
                try check("\(method) \(target) HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            }
        }
        try checkItGoesOn()
    }

    @Test(arguments: extremes) func `as the size of a chunk, a version and a status of a connection`(number: String)
        throws
    {
        try check("PATCH \(session) HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\(number)\r\nabc\r\n0\r\n\r\n")
        try check("GET /v2/ HTTP/\(number)\r\n\r\n")
        try check("GET /v2/ HTTP/1.\(number)\r\n\r\n")
        try check("\(number) /v2/ HTTP/1.1\r\n\r\n")
    }

    @Test(arguments: extremes) func `in a manifest`(number: String) throws {
        for size in [number, "\"\(number)\"", "[\(number)]"] {
            let manifest = """
                {"schemaVersion":\(size),"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":"a/b",\
                "digest":"\(blob)","size":\(size)},"layers":[{"mediaType":"a/b","digest":"\(blob)","size":\(size)},\
                {"mediaType":"a/b","digest":"\(blob)","size":\(size)}]}
                """
            try check(
                "PUT /v2/app/manifests/v1 HTTP/1.1\r\nContent-Length: \(manifest.utf8.count)\r\n\r\n\(manifest)")
        }
    }

    @Test(arguments: [
        ("0", 200), ("1", 200), ("2147483648", 200), ("9223372036854775807", 200), ("9223372036854775808", 400),
        ("-1", 400), ("+1", 400), (" 1", 400), ("1_0", 400), ("٣", 400), ("1e300", 400), ("", 400),
    ])
    func `counts names only by whole numbers from 0 on`(number: String, status: UInt) async throws {
        let answer = try await registry.send(.GET, "/v2/_catalog?n=\(PercentEncoding.encode(number))")
        #expect(answer.status == status)
    }

    @Test(arguments: [
        "0-9223372036854775807", "0-9223372036854775808", "9223372036854775807-9223372036854775807", "+0-2", "0-+2",
        "0- 2", "٠-٢", "0-2-3", "-", "0-1e300",
    ])
    func `refuses a chunk of no possible length`(range: String) async throws {
        let answer = try await registry.send(.PATCH, session, headers: ["Content-Range": range], body: "abc")
        #expect(answer.status == 400)
        #expect(try await registry.send(.GET, session).status == 204)
    }

    @Test(arguments: [
        ("0-9223372036854775807", 206), ("-9223372036854775807", 206), ("9223372036854775807-", 416),
        ("9223372036854775807-9223372036854775807", 416), ("-0", 416), ("0-9223372036854775808", 200), ("+0-1", 200),
    ])
    func `sends the part that a range can mean`(range: String, status: UInt) async throws {
        let answer = try await registry.send(.GET, "/v2/app/blobs/\(blob)", headers: ["Range": "bytes=\(range)"])
        #expect(answer.status == status)
    }

    @Test(arguments: ["9223372036854775808", "18446744073709551615", "18446744073709551616", "-1", "+3", "3, 3"])
    func `refuses a Content-Length that no body can have`(length: String) throws {
        let text = try answer(to: "PATCH \(session) HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\nabc")
        #expect(text.hasPrefix("HTTP/1.1 400"))
    }
}
