// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

/// What only a connection can show.
struct SocketTests {
    private func serve<Value: Sendable>(
        _ shelf: Shelf = .memory, _ change: (inout RegistryConfiguration) -> Void = { _ in },
        _ body: @Sendable (RegistryServer) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder()
        var configuration = RegistryConfiguration(storage: shelf == .memory ? .memory : .disk(path: folder.path))
        // A test's client may be held up by other tests for longer than a real one may keep silent.
        configuration.connections.headTimeout = .hours(1)
        configuration.connections.idleTimeout = .hours(1)
        configuration.connections.bodyTimeout = .hours(1)
        change(&configuration)
        let server = try await RegistryServer.start(configuration)
        let result = await Result { try await body(server) }
        await server.shutdown(grace: .zero)
        withExtendedLifetime(folder) {}
        return try result.get()
    }

    private static func push(_ blob: String) -> String {
        """
        POST /v2/app/blobs/uploads/?digest=\(blob.digest()) HTTP/1.1\r\nHost: x\r\n\
        Content-Length: \(blob.utf8.count)\r\n\r\n\(blob)
        """
    }

    private static func get(_ path: String, _ headers: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n"
    }

    @Test(arguments: Shelf.allCases)
    func `takes and gives back a blob on one connection`(shelf: Shelf) async throws {
        let blob = String(repeating: "0123456789abcdef", count: 100_000)
        try await serve(shelf) { server in
            try await RawConnection.with(port: server.port) { client in
                try await client.send(Self.push(blob))
                #expect(try await client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 201 Created"))
                try await client.send(Self.get("/v2/app/blobs/\(blob.digest())", "Range: bytes=16-\r\n"))
                try await client.send(Self.get("/v2/_catalog", "Connection: close\r\n"))
                let (text, _) = await client.readToEnd()
                #expect(text.hasPrefix("HTTP/1.1 206 Partial Content"))
                #expect(text.contains("\r\n\r\n" + blob.dropFirst(16) + "HTTP/1.1 200 OK"))
                #expect(text.hasSuffix("\r\n\r\n{\"repositories\":[]}"))
            }
        }
    }

    @Test func `answers requests sent together in their order`() async throws {
        try await serve { server in
            try await RawConnection.with(port: server.port) { client in
                let paths = (0..<50).map { "/v2/app\($0)/tags/list" }
                try await client.send(paths.map { Self.get($0) }.joined() + Self.get("/v2/", "Connection: close\r\n"))
                let (text, _) = await client.readToEnd()
                let names = text.split(separator: "\"detail\":\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
                #expect(names == (0..<50).map { "app\($0)" })
                #expect(text.hasSuffix("{}"))
            }
        }
    }

    @Test func `sends no body to HEAD, also where the answer is an error`() async throws {
        let change: (inout RegistryConfiguration) -> Void = { $0.users = ["alice": "secret"] }
        try await serve(.memory, change) { server in
            try await RawConnection.with(port: server.port) { client in
                try await client.send("HEAD /v2/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                let (text, _) = await client.readToEnd()
                #expect(text.hasPrefix("HTTP/1.1 401"))
                #expect(text.hasSuffix("\r\n\r\n"))
                #expect(text.contains("Content-Length: 72"))
            }
        }
    }

    @Test func `asks for the body only when it wants it`() async throws {
        try await serve { server in
            try await RawConnection.with(port: server.port) { client in
                let head = "Host: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
                try await client.send("POST /v2/app/blobs/uploads/?digest=\("hello".digest()) HTTP/1.1\r\n\(head)")
                #expect(try await client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
                try await client.send("hello")
                #expect(try await client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 201"))
                try await client.send("PATCH /v2/app/blobs/uploads/unknown HTTP/1.1\r\n\(head)")
                let (text, _) = await client.readToEnd()
                #expect(text.hasPrefix("HTTP/1.1 404"))
                #expect(text.contains("Connection: close"))
            }
        }
    }

    @Test func `keeps the connection when a refused body is short`() async throws {
        try await serve { server in
            try await RawConnection.with(port: server.port) { client in
                try await client.send(
                    "PATCH /v2/app/blobs/uploads/no HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234")
                #expect(try await client.read(until: "]}").hasPrefix("HTTP/1.1 404"))
                try await client.send("56789" + Self.get("/v2/", "Connection: close\r\n"))
                #expect(await client.readToEnd().text.hasPrefix("HTTP/1.1 200 OK"))
            }
        }
    }

    @Test func `lets the client read why a long body was refused`() async throws {
        try await serve { server in
            try await RawConnection.with(port: server.port) { client in
                let length = 1 << 30
                try await client.send(
                    "PATCH /v2/app/blobs/uploads/no HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n")
                let part = String(repeating: "x", count: 100_000)
                for _ in 0..<20 { try await client.send(part) }
                let text = try await client.read(until: "]}")
                #expect(text.hasPrefix("HTTP/1.1 404"))
                #expect(text.contains("Connection: close"))
            }
        }
    }

    @Test func `refuses what is no HTTP and heads without end`() async throws {
        try await serve { server in
            for text in ["NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n"] {
                try await RawConnection.with(port: server.port) { client in
                    try await client.send(text)
                    #expect(await client.readToEnd().text.hasPrefix("HTTP/1.1 400"))
                }
            }
        }
    }

    @Test(arguments: Shelf.allCases)
    func `keeps what a client sent before it went away`(shelf: Shelf) async throws {
        try await serve(shelf) { server in
            let location = try await RawConnection.with(port: server.port) { client in
                try await client.send("POST /v2/app/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                let answer = try await client.read(until: "\r\n\r\n")
                let line = answer.split(separator: "\r\n").first { $0.hasPrefix("Location: ") } ?? ""
                return String(line.dropFirst("Location: ".count))
            }
            try await RawConnection.with(port: server.port) { client in
                try await client.send("PATCH \(location) HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n0123456789")
            }
            // The bytes arrive some time after the client closed: ask until they have.
            var status = ""
            while !status.contains("Range: 0-9\r\n") {
                status = try await RawConnection.with(port: server.port) { client in
                    try await client.send(Self.get(location))
                    return try await client.read(until: "\r\n\r\n")
                }
                try #require(status.hasPrefix("HTTP/1.1 204"))
                await Task.yield()
            }
        }
    }

    @Test func `cuts a response where a script says so`() async throws {
        let blob = "0123456789"
        let rules = [
            FaultRule(.init(.GET, .blob), .nth(1), .cutResponse(.close, afterBytes: 4)),
            FaultRule(.init(.GET, .blob), .nth(2), .cutResponse(.reset, afterBytes: nil)),
        ]
        try await serve(.disk, { $0.wrap = { FaultyRegistry($0, rules: rules) } }) { server in
            try await RawConnection.with(port: server.port) { client in
                try await client.send(Self.push(blob))
                _ = try await client.read(until: "\r\n\r\n")
                try await client.send(Self.get("/v2/app/blobs/\(blob.digest())"))
                let (text, _) = await client.readToEnd()
                #expect(text.contains("Content-Length: 10\r\n"))
                #expect(text.hasSuffix("\r\n\r\n0123"))
            }
            try await RawConnection.with(port: server.port) { client in
                try await client.send(Self.get("/v2/app/blobs/\(blob.digest())"))
                let (text, wasReset) = await client.readToEnd()
                #expect(text.isEmpty)
                #expect(wasReset)
            }
        }
    }

    @Test func `logs what was sent, and by which connection`() async throws {
        let records = Mutex<[AccessRecord]>([])
        try await serve(.memory, { $0.accessLog = { record in records.withLock { $0.append(record) } } }) { server in
            for _ in 1...2 {
                try await RawConnection.with(port: server.port) { client in
                    try await client.send(Self.get("/v2/", "User-Agent: test\r\nConnection: close\r\n"))
                    _ = await client.readToEnd()
                }
            }
        }
        let all = records.withLock { $0 }
        #expect(all.map(\.bytesSent) == [2, 2])
        #expect(all.map(\.peer.connection) == [1, 2])
        #expect(all.allSatisfy { $0.userAgent == "test" && $0.peer.address == "127.0.0.1" && $0.peer.port != nil })
    }

    @Test func `answers the request in hand before it stops`() async throws {
        let (release, gate) = AsyncStream.makeStream(of: Void.self)
        let arrived = AsyncStream.makeStream(of: Void.self)
        let rule = FaultRule(.init(.GET, .catalog), .always, .delay(.zero))
        var configuration = RegistryConfiguration()
        configuration.wrap = { base in
            FaultyRegistry(base, rules: [rule]) { _ in
                arrived.continuation.yield()
                for await _ in release { break }
            }
        }
        let server = try await RegistryServer.start(configuration)
        try await RawConnection.with(port: server.port) { client in
            try await client.send(Self.get("/v2/_catalog"))
            for await _ in arrived.stream { break }
            async let stopped: Void = server.shutdown()
            await server.wait()
            gate.yield()
            let (text, _) = await client.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
            await stopped
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
