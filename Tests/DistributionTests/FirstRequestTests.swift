// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import RegistryAuth
import RegistryTransport
import Testing

/// A command of one question: the question comes first, and the ping only where its answer leaves something open.
@Suite struct FirstRequestTests {
    private typealias Answer = ScriptedTransport.Answer
    private let question = "GET https://r.io/v2/team/app/manifests/latest"
    private let ping = "GET https://r.io/v2/"

    private func store(
        _ wire: ScriptedTransport, _ credentials: any CredentialSource = NoCredentials(), host: String = "r.io"
    ) throws -> RegistryStore {
        var options = RegistryNetworkOptions.patient
        options.pingsLate = true
        return try RegistryNetwork(wire, credentials: credentials, options: options).store(host)
    }

    private let login = FixedCredential("u", "p")
    private static let basic = Answer.challenge(#"Basic realm="r""#)

    @Test func `a registry that answers is asked nothing before`() async throws {
        let wire = ScriptedTransport { _ in .json("{}") }
        _ = try? await store(wire).manifest(.tag(.latest), in: .app)
        #expect(wire.conversation == [question])
        #expect(wire.trusted.isEmpty)
    }

    @Test func `a refusal brings the challenge, and the question is repeated with a login`() async throws {
        let wire = ScriptedTransport { $0.headers["Authorization"] == nil ? Self.basic : .json("{}") }
        _ = try? await store(wire, login).manifest(.tag(.latest), in: .app)
        #expect(wire.conversation == [question, question])
        #expect(wire.requests.last?.headers["Authorization"] != nil)
    }

    @Test func `a registry that needs nothing means its first answer, whatever it is`() async throws {
        let wire = ScriptedTransport { .notFound.in200("/v2/", $0) }
        let summary = try await store(wire).summary(of: .tag(.latest), in: .app)
        #expect(summary == nil)
        #expect(wire.conversation == ["HEAD https://r.io/v2/team/app/manifests/latest", ping])
    }

    @Test func `a first answer that a login might have changed is asked for again`() async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return Self.basic }
            return request.headers["Authorization"] == nil ? .notFound : .json("{}")
        }
        _ = try? await store(wire, login).manifest(.tag(.latest), in: .app)
        #expect(wire.conversation == [question, ping, question])
        #expect(wire.requests.last?.headers["Authorization"] != nil)
    }

    @Test(arguments: [401, 403, 404])
    func `what is hidden from strangers is asked for with a login, though the first question needed none`(
        status: Int
    ) async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return Self.basic }
            if request.url.path.hasPrefix("/v2/team/app/") { return .json("{}") }
            return request.headers["Authorization"] == nil ? Answer(status: status) : .json("{}")
        }
        let store = try store(wire, login)
        _ = try? await store.manifest(.tag(.latest), in: .app)
        for _ in 0..<2 { _ = try? await store.manifest(.tag(.latest), in: .other) }
        let hidden = wire.conversation[1]
        #expect(wire.conversation == [question, hidden, ping, hidden, hidden])
        #expect(wire.requests.suffix(2).allSatisfy { $0.headers["Authorization"] != nil })
    }

    @Test func `the token service of one repository is not asked for another's token`() async throws {
        let wire = ScriptedTransport { request in
            if request.url.origin.host.hasPrefix("auth") { return .json(#"{"token":"t"}"#) }
            if request.headers["Authorization"] != nil { return .json("{}") }
            let service = request.url.path.hasPrefix("/v2/team/app/") ? "auth1.io" : "auth2.io"
            return .challenge(#"Bearer realm="https://\#(service)/token""#)
        }
        let store = try store(wire)
        _ = try? await store.manifest(.tag(.latest), in: .app)
        _ = try? await store.manifest(.tag(.latest), in: .other)
        let services = wire.requests.map(\.url.origin.host).filter { $0.hasPrefix("auth") }
        #expect(services == ["auth1.io", "auth2.io"])
    }

    @Test func `a first question that led elsewhere is not followed again`() async throws {
        let wire = ScriptedTransport {
            $0.url.path == "/v2/" ? .ok : $0.url.origin.host == "r.io" ? .redirect("https://cdn.io/x") : .json("{}")
        }
        _ = try? await store(wire).manifest(.tag(.latest), in: .app)
        #expect(wire.conversation == [question, "GET https://cdn.io/x", ping])
    }

    @Test func `a first question that breaks off fails as any other would`() async throws {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .failing(.broken) }
        let failure = await failure { try await store(wire).manifest(.tag(.latest), in: .app) }
        #expect(failure?.message.contains("manifests/latest") == true, "\(failure?.message ?? "")")
        #expect(wire.conversation == [question, ping])
    }

    @Test func `a registry nobody answers for is tried once, and told of by its root`() async throws {
        let wire = ScriptedTransport { _ in .failing(.refused) }
        let failure = await failure { try await store(wire).manifest(.tag(.latest), in: .app) }
        #expect(failure?.message.contains("https://r.io/v2/") == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("manifests") == false)
        #expect(wire.conversation == [question])
    }

    @Test func `a registry on this machine that wants TLS is spoken to by TLS`() async throws {
        // What servers answer to plain http on a port for TLS.
        let wire = ScriptedTransport { $0.url.origin.scheme == .https ? .ok : Answer(status: 400) }
        _ = try? await store(wire, host: "localhost:5000").summary(of: .tag(.latest), in: .app)
        #expect(
            wire.conversation.prefix(4) == [
                "HEAD http://localhost:5000/v2/team/app/manifests/latest",
                "GET http://localhost:5000/v2/", "GET https://localhost:5000/v2/",
                "HEAD https://localhost:5000/v2/team/app/manifests/latest",
            ])
    }
}
