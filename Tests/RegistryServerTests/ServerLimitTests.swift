// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

struct ServerLimitTests {
    @Test(arguments: Shelf.allCases)
    func `opens as many uploads as it may, and another one when one ends`(shelf: Shelf) async throws {
        var limits = RegistryLimits()
        limits.unfinishedUploads = 2
        let registry = try RegistryUnderTest(shelf, limits: limits)
        let (first, second) = (try await registry.open(), try await registry.open())
        let refused = try await registry.send(.POST, "/v2/app/blobs/uploads/")
        #expect(refused.status == 429)
        #expect(refused.codes == ["TOOMANYREQUESTS"])
        #expect(refused["Retry-After"] == "1")
        #expect(try await registry.send(.DELETE, first).status == 204)
        try await registry.push(blob: "layer")
        #expect(try await registry.send(.GET, "/v2/app/blobs/\("layer".digest())").status == 200)
        #expect(try await registry.send(.PUT, "\(second)?digest=\("x".digest())", body: "y").status == 400)
        _ = (try await registry.open(), try await registry.open())
        #expect(try await registry.send(.POST, "/v2/app/blobs/uploads/").status == 429)
    }

    @Test func `counts the uploads that an earlier process left`() async throws {
        let folder = try TemporaryFolder()
        _ = try await RegistryUnderTest(storage: try folder.opened()).open()
        let again = RegistryUnderTest(storage: try folder.opened(uploadLimit: 1))
        #expect(try await again.send(.POST, "/v2/app/blobs/uploads/").status == 429)
    }

    @Test func `receives as many manifests at once as it has memory for`() async throws {
        var limits = RegistryLimits()
        (limits.manifestSize, limits.manifestMemory) = (100, 150)
        let registry = try RegistryUnderTest(limits: limits)
        let (gate, opener) = AsyncStream.makeStream(of: ByteBuffer.self)
        let asked = AsyncStream.makeStream(of: Void.self)
        let slow = RequestBody(length: 100, AskedBody(base: gate, asked: asked.continuation))
        async let first = registry.send(RegistryRequest(.PUT, "/v2/app/manifests/v1", body: slow))
        for await _ in asked.stream { break }
        let refused = try await registry.send(.PUT, "/v2/app/manifests/v2", body: String(repeating: "x", count: 60))
        #expect(refused.status == 429)
        opener.finish()
        #expect(try await first.status == 400)
        #expect(try await registry.send(.PUT, "/v2/app/manifests/v2", body: "x").status == 400)
    }

    /// Says when the registry asks for the body.
    private struct AskedBody: AsyncSequence, Sendable {
        typealias Element = ByteBuffer
        let base: AsyncStream<ByteBuffer>
        let asked: AsyncStream<Void>.Continuation

        struct AsyncIterator: AsyncIteratorProtocol {
            var base: AsyncStream<ByteBuffer>.AsyncIterator
            let asked: AsyncStream<Void>.Continuation

            mutating func next() async throws -> ByteBuffer? {
                asked.yield()
                return await base.next()
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), asked: asked) }
    }

    @Test func `drops lines of the access log that do not fit, and says how many`() {
        let log = Log()
        let backlog = AccessLogBacklog(limit: 20) { line, whenWritten in log.take(line, whenWritten) }
        for line in ["0123456789", "abcdefghij", "lost", "lost too"] { backlog.append(line) }
        #expect(log.lines == ["0123456789", "abcdefghij"])
        log.write()
        backlog.append("next")
        #expect(log.lines == ["0123456789", "abcdefghij", #"{"lost":2}"#, "next"])
        backlog.append("lost at the end")
        backlog.finish()
        #expect(log.lines.last == #"{"lost":1}"#)
    }

    private final class Log: Sendable {
        private let state = Mutex<(lines: [String], waiting: [@Sendable () -> Void])>(([], []))
        var lines: [String] { state.withLock { $0.lines } }

        func take(_ line: String, _ whenWritten: @escaping @Sendable () -> Void) {
            state.withLock { state in
                state.lines.append(line)
                state.waiting.append(whenWritten)
            }
        }

        func write() {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            waiting.forEach { $0() }
        }
    }
}

/// More clients than places.
struct ConnectionLimitTests {
    private static let ping = "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n"

    @Test func `closes an idle connection when another one comes`() async throws {
        var configuration = RegistryConfiguration()
        configuration.connections.connections = 2
        configuration.connections.idleGrace = .zero
        configuration.connections.idleTimeout = .hours(1)
        let server = try await RegistryServer.start(configuration)
        let open = try await RawConnection.with(port: server.port) { first in
            try await first.send(Self.ping)
            _ = try await first.read(until: "{}")
            let second = try await RawConnection.with(port: server.port) { second in
                try await second.send(Self.ping)
                _ = try await second.read(until: "{}")
                try await RawConnection.with(port: server.port) { third in
                    try await third.send(Self.ping)
                    #expect(try await third.read(until: "{}").hasPrefix("HTTP/1.1 200"))
                }
                return await Self.answers(&second)
            }
            return await [Self.answers(&first), second]
        }
        #expect(open.count { $0 } == 1)
        await server.shutdown(grace: .zero)
    }

    private static func answers(_ client: inout RawConnection.Conversation) async -> Bool {
        guard (try? await client.send(ping)) != nil else { return false }
        return (try? await client.read(until: "{}"))?.hasPrefix("HTTP/1.1 200") ?? false
    }

    @Test func `lets a client wait while all others are busy, and ends the first that is done`() async throws {
        let (release, gate) = AsyncStream.makeStream(of: Void.self)
        let arrived = AsyncStream.makeStream(of: Void.self)
        var configuration = RegistryConfiguration()
        configuration.connections.connections = 1
        configuration.connections.idleGrace = .zero
        configuration.wrap = { base in
            FaultyRegistry(base, rules: [FaultRule(.init(.GET, .catalog), .always, .delay(.zero))]) { _ in
                arrived.continuation.yield()
                for await _ in release { break }
            }
        }
        let server = try await RegistryServer.start(configuration)
        try await RawConnection.with(port: server.port) { busy in
            try await busy.send("GET /v2/_catalog HTTP/1.1\r\nHost: x\r\n\r\n")
            for await _ in arrived.stream { break }
            async let waiting = RawConnection.with(port: server.port) { client in
                try await client.send(Self.ping)
                return try await client.read(until: "{}")
            }
            gate.yield()
            #expect(await busy.readToEnd().text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(try await waiting.hasPrefix("HTTP/1.1 200 OK"))
        }
        await server.shutdown(grace: .zero)
    }

    @Test func `serves a client behind a crowd that never says anything`() async throws {
        var configuration = RegistryConfiguration()
        configuration.connections.connections = 2
        configuration.connections.idleTimeout = .hours(1)
        configuration.connections.idleGrace = .milliseconds(10)
        let server = try await RegistryServer.start(configuration)
        try await withThrowingTaskGroup(of: Void.self) { silent in
            for _ in 0..<40 {
                silent.addTask { try await RawConnection.with(port: server.port) { _ = await $0.readToEnd() } }
            }
            // That many leave only where the silent ones make room for each other.
            for _ in 0..<30 { try await silent.next() }
            try await RawConnection.with(port: server.port) { client in
                try await client.send(Self.ping)
                #expect(try await client.read(until: "{}").hasPrefix("HTTP/1.1 200"))
            }
            await server.shutdown(grace: .zero)
        }
    }

    @Test func `serves a crowd that is larger than its places`() async throws {
        var configuration = RegistryConfiguration()
        configuration.connections.connections = 3
        // Places become free by answers alone.
        configuration.connections.idleGrace = .hours(1)
        let server = try await RegistryServer.start(configuration)
        let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    try await RawConnection.with(port: server.port) { client in
                        try await client.send(Self.ping)
                        return try await client.read(until: "{}").hasPrefix("HTTP/1.1 200")
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(answered == 60)
        await server.shutdown(grace: .zero)
    }
}
