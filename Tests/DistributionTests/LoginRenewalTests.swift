// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryAuth
import RegistryTransport
import Synchronization
import Testing

/// Logins that end while a run goes on.
@Suite struct LoginRenewalTests {
    /// Knows the passwords that hold now, and takes no others: `Basic`, or at a token service.
    private func wire(_ logins: Logins, refusal: Int, tokens: Bool) -> ScriptedTransport {
        let scheme = tokens ? #"Bearer realm="https://auth.io/token",service="r.io""# : #"Basic realm="r""#
        return ScriptedTransport { request in
            let proof = request.headers["Authorization"] ?? ""
            let isAtService = request.url.origin.host == "auth.io"
            if isAtService || !tokens {
                guard proof == logins.valid else {
                    return proof.isEmpty || refusal == 401 ? .challenge(scheme) : .json("{}", refusal)
                }
                return isAtService ? .json(#"{"token":"t\#(logins.number)","expires_in":60}"#) : .notFound
            }
            return proof == "Bearer t\(logins.number)" ? .notFound : .challenge(scheme)
        }
    }

    private func ask(_ store: RegistryStore) async throws { _ = try await store.summary(of: .tag(.latest), in: .app) }

    @Test(arguments: [401, 403], [false, true])
    func `a login that worked is looked up again once it is refused`(refusal: Int, tokens: Bool) async throws {
        let logins = Logins()
        let wire = wire(logins, refusal: refusal, tokens: tokens)
        let store = try RegistryNetwork(wire, credentials: logins).store("r.io")
        try await ask(store)
        logins.end(replacing: true)
        try await ask(store)
        #expect(logins.lookUps == 1)
        #expect(logins.renewals == 1)
    }

    @Test(arguments: [false, true]) func `fifty who are refused at once cause one question`(tokens: Bool) async throws {
        let logins = Logins()
        let store = try RegistryNetwork(wire(logins, refusal: 401, tokens: tokens), credentials: logins).store("r.io")
        try await ask(store)
        logins.end(replacing: true)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try await ask(store) } }
            try await group.waitForAll()
        }
        #expect(logins.renewals == 1)
    }

    @Test func `a source that has no other is asked once a minute, and the refusal stands`() async throws {
        let (logins, clock) = (Logins(), ManualClock())
        let wire = wire(logins, refusal: 401, tokens: false)
        let store = try RegistryNetwork(wire, credentials: logins, clock: clock).store("r.io")
        try await ask(store)
        logins.end(replacing: false)
        for _ in 0..<5 { await #expect(throws: ContentFailure.self) { try await ask(store) } }
        #expect(logins.renewals == 1)
        clock.advance(by: 60)
        await #expect(throws: ContentFailure.self) { try await ask(store) }
        #expect(logins.renewals == 2)
    }

    @Test func `a login that never worked is not asked for again`() async throws {
        let logins = Logins()
        logins.end(replacing: false)
        let store = try RegistryNetwork(wire(logins, refusal: 401, tokens: true), credentials: logins).store("r.io")
        await #expect(throws: ContentFailure.self) { try await ask(store) }
        #expect(logins.renewals == 0)
    }
}

/// Passwords 1, 2, 3 …, of which a registry takes the newest.
private final class Logins: CredentialSource {
    private struct State {
        var valid = 1
        var known = 1
        var lookUps = 0
        var renewals = 0
    }

    private let state = Mutex(State())

    var number: Int { state.withLock { $0.valid } }
    var valid: String { "Basic " + Base64.encode(Array("u:\(number)".utf8)) }
    var lookUps: Int { state.withLock { $0.lookUps } }
    var renewals: Int { state.withLock { $0.renewals } }

    /// The registry takes another password from now on, which this source knows or not.
    func end(replacing isKnown: Bool) {
        state.withLock { state in
            state.valid += 1
            if isKnown { state.known = state.valid }
        }
    }

    func credential(
        for host: RegistryHost, repository: Repository?
    ) async throws(CredentialError) -> CredentialAnswer {
        state.withLock { state in
            state.lookUps += 1
            return Self.answer(state.known)
        }
    }

    func credential(
        for host: RegistryHost, repository: Repository?, insteadOf refused: Credential
    ) async throws(CredentialError) -> CredentialAnswer {
        state.withLock { state in
            state.renewals += 1
            return Self.answer(state.known)
        }
    }

    private static func answer(_ number: Int) -> CredentialAnswer {
        CredentialAnswer(.basic(user: "u", password: Secret("\(number)")))
    }
}
