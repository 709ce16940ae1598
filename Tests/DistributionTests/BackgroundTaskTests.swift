// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing
import Waiting

@testable import Distribution

/// What is done for a run without anybody waiting for it.
@Suite struct BackgroundTaskTests {
    @Test func `nobody waits for a background task, and the end waits for all of them`() async {
        let tasks = BackgroundTasks()
        let done = Count()
        let ends = (0..<3).map { _ in FirstEnd() }
        for end in ends {
            await tasks.run {
                await end.wait()
                done.add()
            }
        }
        #expect(done.value == 0)
        for end in ends { end.come() }
        await tasks.finish()
        #expect(done.value == 3)
    }

    @Test func `a caller with one task too many does its work itself`() async {
        let tasks = BackgroundTasks()
        let ends = (0..<BackgroundTasks.most).map { _ in FirstEnd() }
        for end in ends { await tasks.run { await end.wait() } }
        let done = Count()
        await tasks.run { done.add() }
        #expect(done.value == 1)
        for end in ends { end.come() }
        await tasks.finish()
    }

    @Test func `a proof leaves no session behind`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.proveWritable(.app)
            await loopback.network.finishBackgroundTasks()
            #expect(loopback.conversation == ["POST uploadStart", "DELETE upload"])
        }
    }

    @Test func `a registry that wants the right to delete for the end of an upload is told so from the start`()
        async throws
    {
        // As distribution does: DELETE takes `delete`, whatever it ends.
        let challenge = "Bearer realm=\"/token\",service=\"transship\",scope=\"repository:team/app:delete\""
        let refusal = Fault.answer(.unauthorized, headers: ["WWW-Authenticate": challenge])
        try await withRegistry(
            rules: [FaultRule(RequestMatch(.DELETE, .upload), .first(1), refusal)], users: ["u": "p"], tokens: true,
            credentials: FixedCredential("u", "p")
        ) { loopback in
            try await proveTwice(loopback)
            #expect(loopback.conversation.count { $0 == "DELETE upload" } == 3)
            #expect(scopes(loopback) == ["repository:team/app:push,pull", "repository:team/app:push,pull,delete"])
        }
    }

    private func proveTwice(_ loopback: Loopback) async throws {
        try await loopback.store.proveWritable(.app)
        await loopback.network.finishBackgroundTasks()
        try await loopback.store.proveWritable(.app)
        await loopback.network.finishBackgroundTasks()
    }

    /// What tokens were asked for, in order.
    private func scopes(_ loopback: Loopback) -> [String] {
        loopback.requests.filter { $0.subject == .token }.flatMap { $0.query.all("scope") }
    }
}

private final class Count: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add() { count.withLock { $0 += 1 } }
}
