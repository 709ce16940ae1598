// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryTransport
import Testing

/// Connections that are there when they are needed.
@Suite struct ConnectionsAheadTests {
    /// Asks a registry of this name as many things at once; its ping is answered when so many connections were opened ahead.
    private func ask(_ count: Int, of host: String, afterOpening expected: Int) async throws -> ScriptedTransport {
        let wire = ScriptedTransport { request, wire in
            while request.url.path == "/v2/", wire.openedAhead.count < expected { await Task.yield() }
        } _: {
            $0.url.path == "/v2/" ? .ok : .notFound
        }
        let network = RegistryNetwork(wire)
        let store = try network.store(host)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<count { group.addTask { _ = try? await store.summary(of: .tag(.latest), in: .app) } }
        }
        await network.finishBackgroundTasks()
        return wire
    }

    @Test func `whoever waits for another one's ping has a connection opened meanwhile, and asks nothing by it`()
        async throws
    {
        let wire = try await ask(5, of: "r.io", afterOpening: 4)
        #expect(wire.openedAhead == Array(repeating: "https://r.io", count: 4))
        #expect(wire.conversation.count { $0 == "GET https://r.io/v2/" } == 1)
    }

    @Test func `no more connections are opened ahead than a run has requests in the beginning`() async throws {
        let wire = try await ask(40, of: "r.io", afterOpening: 15)
        #expect(wire.openedAhead.count == 15)
    }

    @Test(arguments: ["127.0.0.1:5000", "localhost:5000"])
    func `none is opened ahead to this machine`(host: String) async throws {
        #expect(try await ask(5, of: host, afterOpening: 0).openedAhead.isEmpty)
    }
}
