// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import OCI
import RegistryFaults
import Testing

@testable import RegistryServer

struct MalformedRequestTests {
    private static let long = String(repeating: "x", count: 70_000)

    @Test(arguments: [
        "GET\r\n\r\n", "G\u{0}T /v2/ HTTP/1.1\r\n\r\n", "BREW /v2/ HTTP/1.1\r\n\r\n", "GET /v2/ HTTP/9.9\r\n\r\n",
        "GET /v2/\u{0} HTTP/1.1\r\n\r\n", "GET /v2/ HTTP/1.1\r\nX: a\u{0}b\r\n\r\n", "GET /v2/ HTTP/1.1\nX: y\n\n",
        "GET /v2/ HTTP/1.1\r\nX : y\r\n\r\n", "GET /v2/ HTTP/1.1\r\n: y\r\n\r\n",
        "PUT /v2/ HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "PUT /v2/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        "PUT /v2/ HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\nabc",
        "PUT /v2/ HTTP/1.1\r\nContent-Length: -3\r\n\r\n",
        "GET http://elsewhere/v2/ HTTP/1.1\r\n\r\n", "GET //v2/ HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n",
        "GET /v2/%2e%2e/%2e%2e/tags/list HTTP/1.1\r\n\r\n", "GET /v2/a//b/tags/list HTTP/1.1\r\n\r\n",
        "GET /v2/a/blobs/%2e%2e%2f%2e%2e HTTP/1.1\r\n\r\n", "GET /v2/%00/tags/list HTTP/1.1\r\n\r\n",
        "CONNECT example:443 HTTP/1.1\r\n\r\n", "GET /\(long) HTTP/1.1\r\n\r\n",
        "GET /v2/ HTTP/1.1\r\nX: \(long)\r\n\r\n",
        "GET /v2/ HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 300))\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ])
    func `answers 4xx, or closes`(text: String) throws {
        let registry = try RegistryUnderTest()
        let connection = try EmbeddedConnection(registry.responder)
        connection.send(ByteBuffer(string: text))
        let answer = String(buffer: connection.read())
        #expect(answer.hasPrefix("HTTP/1.1 4") || (answer.isEmpty && !connection.isOpen), "\(answer)")
        let next = try EmbeddedConnection.exchange(Array("GET /v2/ HTTP/1.1\r\n\r\n".utf8), with: registry.responder)
        #expect(String(buffer: next).hasPrefix("HTTP/1.1 200"))
    }

    /// The host comes back in the challenge's realm.
    @Test(arguments: [
        ("a\tb", "400"), ("a b", "400"), ("\u{9A}x", "400"), ("x\",service=\"y", "400"), ("user@x", "400"),
        ("x/y", "400"),
        ("x\r\nHost: x", "400"), ("x:5000", "401"), ("[::1]:5000", "401"), ("my_registry.internal", "401"), ("", "401"),
    ])
    func `refuses a Host that is none, for answers repeat it in URLs`(host: String, status: String) throws {
        let users = RegistryUsers(passwords: ["user": "password"])
        let registry = BearerTokenAuthenticator(try RegistryUnderTest().responder, users: users)
        let request = "GET /v2/ HTTP/1.1\r\nHost: \(host)\r\n\r\n"
        let answer = String(buffer: try EmbeddedConnection.exchange(Array(request.utf8), with: registry))
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        let realm = "realm=\"http://\(host.isEmpty ? "localhost" : host)/token\""
        #expect(answer.contains(realm) == (status == "401"))
    }

    /// What follows such a request is another protocol's, or a smuggled request.
    @Test(arguments: [
        "CONNECT x:1 HTTP/1.1\r\n\r\n", "GET /v2/ HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ])
    func `ends the connection after a request to leave HTTP`(text: String) throws {
        let connection = try EmbeddedConnection(try RegistryUnderTest().responder)
        connection.send(ByteBuffer(string: text))
        #expect(String(buffer: connection.read()).contains("Connection: close"))
        #expect(!connection.isOpen)
    }

    @Test func `says on a TLS port that it speaks TLS, and to TLS nothing`() throws {
        let plain = EmbeddedChannel(handler: PlainRequestRefusal())
        try plain.writeInbound(ByteBuffer(string: "GET /v2/ HTTP/1.1\r\n\r\n"))
        let answer = String(buffer: try #require(try plain.readOutbound(as: ByteBuffer.self)))
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nthis port speaks TLS: use https:// instead of http://\n"))
        #expect(try plain.readInbound(as: ByteBuffer.self) == nil)
        _ = try plain.finish(acceptAlreadyClosed: true)

        let encrypted = EmbeddedChannel(handler: PlainRequestRefusal())
        for record in [ByteBuffer(bytes: [0x16, 3, 1]), ByteBuffer(string: "GET /")] {
            try encrypted.writeInbound(record)
            #expect(try encrypted.readInbound(as: ByteBuffer.self) == record)
        }
        #expect(try encrypted.finish().isClean)
    }
}

/// Thousands of requests that are nearly right, the same ones in every run.
struct MutatedRequestTests {
    private static let blob = "0123456789"
    private static let seeds = [
        "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", "GET /v2/_catalog?n=10&last=a HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD /v2/app/blobs/\(blob.digest()) HTTP/1.1\r\nHost: x\r\nRange: bytes=2-5\r\n\r\n",
        "GET /v2/app/blobs/\(blob.digest()) HTTP/1.1\r\nHost: x\r\nRange: bytes=2-5\r\nIf-Range: \"x\"\r\n\r\n",
        "POST /v2/app/blobs/uploads/?digest=\(blob.digest()) HTTP/1.1\r\nContent-Length: 10\r\n\r\n\(blob)",
        "POST /v2/b/blobs/uploads/?mount=\(blob.digest())&from=app HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
        "PATCH SESSION HTTP/1.1\r\nContent-Range: 0-9\r\nContent-Length: 10\r\n\r\n\(blob)",
        "PATCH SESSION HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\nX: y\r\n\r\n",
        "PUT SESSION?digest=\(blob.digest()) HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n\(blob)",
        "PUT /v2/app/manifests/v1?tag=a&tag=b HTTP/1.1\r\nContent-Length: 22\r\n\r\n{\"schemaVersion\":   2 }",
        "GET /v2/app/referrers/\(blob.digest())?artifactType=a%2Fb HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "DELETE /v2/app/manifests/v1 HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n",
        "GET /token?service=x&scope=repository:app:pull HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n",
    ]
    private static let pieces = [
        "\r\n", "\n", "\r", "\0", " ", "\t", ":", "//", "%2e%2e", "%", "?", "&", "=", "-", "0", "9223372036854775807",
        "\r\n ",
        "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Upgrade: h2c\r\n", "HTTP/1.1", "GET ", "\u{FF}",
        "{", "[[[[",
    ]

    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        /// SplitMix64.
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(next() % UInt64(list.count))] }

        mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func `survives a thousand mutated requests`(seed: UInt64) async throws {
        var limits = RegistryLimits()
        limits.unfinishedUploads = 50
        let registry = try RegistryUnderTest(limits: limits) {
            BearerTokenAuthenticator(
                BasicAuthenticator($0, users: RegistryUsers(passwords: [:])),
                users: RegistryUsers(passwords: ["a": "b"]))
        }
        let open = try RegistryUnderTest(limits: limits)
        try await open.push(blob: Self.blob)
        let session = try await open.open()
        try Self.attack([open.responder, registry.responder], session, seed)
    }

    private static func attack(_ registries: [any RegistryResponder], _ session: String, _ seed: UInt64) throws {
        var dice = Dice(state: seed)
        for round in 0..<1_000 {
            let bytes = mutated(&dice, session)
            let registry = dice.pick(registries)
            let answer = try EmbeddedConnection.exchange(bytes, readSize: dice.pick([1, 7, 4096]), with: registry)
            let text = String(buffer: answer)
            let status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 400
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 "))
            #expect((100..<500).contains(status), "\(String(decoding: bytes, as: UTF8.self)) → \(text)")
            guard round % 100 == 0 else { continue }
            let check = try EmbeddedConnection.exchange(Array("GET /v2/ HTTP/1.1\r\n\r\n".utf8), with: registries[0])
            #expect(String(buffer: check).hasPrefix("HTTP/1.1 200"))
        }
    }

    private static func mutated(_ dice: inout Dice, _ session: String) -> [UInt8] {
        var bytes = Array(
            (dice.pick(seeds) + (dice.below(3) == 0 ? dice.pick(seeds) : "")).replacing("SESSION", with: session).utf8)
        for _ in 0...dice.below(4) {
            let place = dice.below(bytes.count)
            let end = min(bytes.count, place + 1 + dice.below(20))
            switch dice.below(5) {
            case 0 where !bytes.isEmpty: bytes[place] = UInt8(truncatingIfNeeded: dice.next())
            case 1: bytes.removeSubrange(place..<end)
            case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 3: bytes.removeSubrange(end...)
            default: bytes.insert(contentsOf: dice.pick(pieces).utf8, at: place)
            }
        }
        return bytes
    }
}
