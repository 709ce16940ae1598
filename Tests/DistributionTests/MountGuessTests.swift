// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import RegistryTransport
import Synchronization
import Testing

/// Mounts from a repository that may be there.
@Suite struct MountGuessTests {
    private let blob = SampleBlob(size: 30_000)
    private let other = SampleBlob(size: 2_000, seed: 5)

    private func guesses(_ loopback: Loopback) -> Int { loopback.requests.count { $0.query["from"] != nil } }

    @Test func `a guess goes with the request that opens the upload, right or wrong`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(blob, to: .app)
            loopback.faults.forgetRequests()
            let right = try await loopback.store.admit(blob.descriptor, to: .other, guessing: .app)
            let wrong = try await loopback.store.admit(other.descriptor, to: .other, guessing: .app)
            #expect(right.isPresent && !wrong.isPresent)
            #expect(loopback.conversation == ["POST uploadStart", "POST uploadStart"])
            try await loopback.store.upload(other.descriptor, into: wrong.session, bytes: other.stream())
        }
    }

    @Test(arguments: [HTTPResponseStatus.badRequest, .unauthorized, .forbidden, .notFound])
    func `a registry that refuses it is asked without, and not asked so again`(status: HTTPResponseStatus) async throws
    {
        var habits = RegistryHabits()
        habits.mountAnswer = .refusal(status)
        try await withRegistry(habits: habits) { loopback in
            for blob in [blob, other] {
                let admission = try await loopback.store.admit(blob.descriptor, to: .other, guessing: .app)
                guard case .session(let session, mountRefused: false) = admission else {
                    Issue.record("\(admission)")
                    return
                }
                try await loopback.store.upload(blob.descriptor, into: session, bytes: blob.stream())
            }
            #expect(guesses(loopback) == 1 && loopback.count(.uploadStart) == 3)
        }
    }

    @Test func `a moment's failure ends no guesses, and no upload`() async throws {
        var habits = RegistryHabits()
        habits.mountAnswer = .refusal(.internalServerError)
        try await withRegistry(habits: habits) { loopback in
            for _ in 0..<5 {
                let admission = try await loopback.store.admit(blob.descriptor, to: .other, guessing: .app)
                await loopback.store.cancel(try admission.session)
            }
            #expect(guesses(loopback) == 3)
        }
    }

    @Test func `a busy registry is given the time that it asks for`() async throws {
        var habits = RegistryHabits()
        habits.mountAnswer = .refusal(.tooManyRequests)
        try await withRegistry(habits: habits) { loopback in
            let failure = await failure {
                try await loopback.store.admit(blob.descriptor, to: .other, guessing: .app)
            }
            #expect(failure?.kind == .rateLimited)
        }
    }

    @Test func `a token is asked for both repositories, and for no further one after a guess that was wrong`()
        async throws
    {
        try await withRegistry(users: ["u": "p"], tokens: true, credentials: FixedCredential("u", "p")) { loopback in
            try await loopback.store.push(blob, to: .app)
            let right = try await loopback.store.admit(blob.descriptor, to: .other, guessing: .app)
            #expect(right.isPresent)
            let wrong = try await loopback.store.admit(other.descriptor, to: .other, guessing: .app)
            await loopback.store.cancel(try wrong.session)
            #expect(guesses(loopback) == 2)
            let tokens = loopback.count(.token)
            let further = try await loopback.store.admit(
                other.descriptor, to: .other, guessing: try Repository("team/further"))
            await loopback.store.cancel(try further.session)
            let same = try await loopback.store.admit(other.descriptor, to: .other, guessing: .app)
            await loopback.store.cancel(try same.session)
            #expect(guesses(loopback) == 3)
            #expect(!loopback.requests.contains { $0.query["from"] == "team/further" })
            // One for the repository alone.
            #expect(loopback.count(.token) <= tokens + 1)
        }
    }

    @Test func `a token service that refuses the further scope is asked without it, once`() async throws {
        let wire = ScriptedTransport { request in
            if request.url.origin.host == "auth.io" {
                return request.url.target.contains("other") ? .json("{}", 401) : .json(#"{"token":"t"}"#)
            }
            if request.url.path == "/v2/" { return .challenge(#"Bearer realm="https://auth.io/token",service="r.io""#) }
            return ScriptedTransport.Answer(status: 202, headers: ["Location": "/v2/team/app/blobs/uploads/1"])
        }
        let network = try RegistryNetwork(wire).store("r.io")
        for _ in 0..<2 { _ = try await network.admit(blob.descriptor, to: .app, guessing: .other) }
        let posts = wire.conversation.filter { $0.hasPrefix("POST") }
        #expect(posts == Array(repeating: "POST https://r.io/v2/team/app/blobs/uploads/", count: 2))
        #expect(wire.requests.count { $0.url.target.contains("other") } == 1)
    }

    @Test func `blobs that waited for the first guess open their sessions at the same time`() async throws {
        let others = 4
        let alone = Mutex(0)
        let wire = ScriptedTransport(hold: { request, wire in
            guard request.method == .post else { return }
            // The others begin to wait for the guess. After it, no session opens before all were asked for.
            if request.url.target.contains("mount=") { return await Self.yield(1_000) { false } }
            await Self.yield(100_000) { Self.plainSessions(wire) >= others }
            if Self.plainSessions(wire) < others { alone.withLock { $0 += 1 } }
        }) { request in
            if request.url.origin.host == "auth.io" { return .json(#"{"token":"t"}"#) }
            if request.url.path == "/v2/" { return .challenge(#"Bearer realm="https://auth.io/token",service="r.io""#) }
            return ScriptedTransport.Answer(status: 202, headers: ["Location": "/v2/team/app/blobs/uploads/1"])
        }
        let store = try RegistryNetwork(wire).store("r.io")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0...others {
                let origin = try Repository("team/other\(number)")
                group.addTask { _ = try await store.admit(blob.descriptor, to: .app, guessing: origin) }
            }
            try await group.waitForAll()
        }
        #expect(Self.plainSessions(wire) == others && alone.withLock { $0 } == 0)
    }

    private static func plainSessions(_ wire: ScriptedTransport) -> Int {
        wire.requests.count { $0.method == .post && !$0.url.target.contains("mount=") }
    }

    private static func yield(_ times: Int, until isOver: () -> Bool) async {
        for _ in 0..<times where !isOver() { await Task.yield() }
    }
}
