// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryAuth
import RegistryTransport
import Testing

/// A registry that offers several ways to log in: the one that can be answered is taken.
@Suite struct SeveralChallengesTests {
    private typealias Answer = ScriptedTransport.Answer

    private static let first = #"Bearer realm="https://first.io/token""#
    private static let second = #"Bearer realm="https://second.io/token""#
    private static let basic = #"Basic realm="r""#

    /// A registry with these challenges, whose first token service answers as told.
    private func wire(_ challenges: String, first: Answer) -> ScriptedTransport {
        ScriptedTransport { request in
            switch request.url.origin.host {
            case "first.io": first
            case "second.io": .json(#"{"token":"two"}"#)
            default: request.headers["Authorization"] == nil ? .challenge(challenges) : .notFound
            }
        }
    }

    private func ask(
        _ wire: ScriptedTransport, times count: Int = 1, with credentials: any CredentialSource = NoCredentials()
    ) async throws -> ContentFailure? {
        let network = RegistryNetwork(wire, credentials: credentials)
        let store = try network.store("r.io")
        var failure: ContentFailure?
        for number in 0..<count {
            let repository = try Repository("team/app\(number)")
            do throws(ContentFailure) { _ = try await store.summary(of: .tag(.latest), in: repository) } catch {
                failure = error
            }
        }
        return failure
    }

    private static let login = FixedCredential("u", "p")

    @Test(.covers("A04"), arguments: [WireFailure.Cause.nameUnknown, .refused, .connectTimeout, .untrusted("expired")])
    func `a token service that cannot be reached leaves the next one`(cause: WireFailure.Cause) async throws {
        let wire = wire("\(Self.first), \(Self.second)", first: .failing(cause))
        let failure = try await ask(wire)
        #expect(failure == nil, "\(failure?.message ?? "")")
        #expect(wire.requests.last?.headers["Authorization"] == "Bearer two")
    }

    @Test func `a token service that must not be asked leaves the next one`() async throws {
        let wire = wire(#"Bearer realm="https://10.0.0.7/token", \#(Self.second)"#, first: .ok)
        #expect(try await ask(wire) == nil)
        #expect(wire.requests.last?.headers["Authorization"] == "Bearer two")
        #expect(!wire.conversation.contains { $0.contains("10.0.0.7") })
    }

    @Test func `a token service that cannot be reached leaves Basic`() async throws {
        let wire = wire("\(Self.first), \(Self.basic)", first: .failing(.refused))
        #expect(try await ask(wire, with: Self.login) == nil)
        #expect(wire.requests.last?.headers["Authorization"] == "Basic dTpw")
    }

    @Test func `without a login for Basic the failure is that of the token service`() async throws {
        let failure = try await ask(wire("\(Self.first), \(Self.basic)", first: .failing(.refused)))
        #expect(failure?.message.contains("https://first.io/token") == true, "\(failure?.message ?? "")")
    }

    @Test func `a token service that could not be reached is tried last from then on`() async throws {
        let wire = wire("\(Self.first), \(Self.second)", first: .failing(.refused))
        #expect(try await ask(wire, times: 3) == nil)
        let services = wire.requests.map(\.url.origin.host).filter { $0 != "r.io" }
        #expect(services == ["first.io", "second.io", "second.io", "second.io"])
    }

    @Test(arguments: [401, 403, 404, 503])
    func `a token service that answers has its say, and no other is asked`(status: Int) async throws {
        let wire = wire("\(Self.first), \(Self.second)", first: .json("{}", status))
        let failure = try await ask(wire)
        #expect(failure?.status == status)
        #expect(!wire.conversation.contains { $0.contains("second.io") })
    }

    @Test func `two token services that cannot be reached fail as the first one did`() async throws {
        let wire = ScriptedTransport { request in
            request.url.origin.host == "r.io" ? .challenge("\(Self.first), \(Self.second)") : .failing(.refused)
        }
        let failure = try await ask(wire)
        #expect(failure?.kind == .unreachable)
        #expect(failure?.message.contains("https://first.io/token") == true, "\(failure?.message ?? "")")
    }
}
