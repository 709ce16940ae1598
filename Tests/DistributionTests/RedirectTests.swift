// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryAuth
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

@Suite struct RedirectTests {
    typealias Answer = ScriptedTransport.Answer

    private let blob = SampleBlob(size: 5)
    private static let challenge = Answer.challenge("Basic realm=\"r\"")

    /// A registry that wants credentials, and redirects its blobs as told; every other host answers with the blob.
    private func wire(
        _ redirects: [String: Answer], connected: [String: AddressClass] = [:],
        elsewhere: Answer = Answer(status: 200, body: "12345")
    ) -> ScriptedTransport {
        ScriptedTransport(connected: connected) { request in
            if let answer = redirects[request.url.unredacted] { return answer }
            if request.url.path == "/v2/" { return Self.challenge }
            guard request.url.path.contains("/blobs/") else { return elsewhere }
            return redirects["*"] ?? .notFound
        }
    }

    private func open(_ wire: ScriptedTransport, host: String = "r.io") async -> ContentFailure? {
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        return await failure { try await network.store(host).blob(blob.descriptor, in: .app, from: 0) }
    }

    @Test(.covers("S01"), arguments: [301, 302, 303, 307, 308])
    func `a blob elsewhere is fetched without credentials`(status: Int) async throws {
        let wire = wire(["*": .redirect("https://cdn.io/x?sig=s", status)])
        #expect(await open(wire) == nil)
        #expect(wire.conversation.last == "GET https://cdn.io/x?sig=s")
        #expect(wire.trusted == ["https://r.io"])
        #expect(wire.requests.last?.reach == .publicOr(.everywhere))
        #expect(wire.requests.last?.headers.fields.map(\.name).sorted() == ["Accept-Encoding", "User-Agent"])
    }

    @Test(.covers("S02"), arguments: ["https://r.io:8443/x", "https://sub.r.io/x", "https://cdn.io/x"])
    func `another port or name is another host`(target: String) async throws {
        let wire = wire(["*": .redirect(target)])
        _ = await open(wire)
        #expect(wire.trusted == ["https://r.io"])
        #expect(wire.requests.last?.headers["Authorization"] == nil)
    }

    @Test(.covers("S01")) func `credentials go along within the registry, and never come back from abroad`()
        async throws
    {
        let within = wire([
            "*": .redirect("/elsewhere/x")
        ])
        #expect(await open(within) == nil)
        #expect(within.requests.last?.headers["Authorization"] != nil)
        let thirdParty = wire([
            "*": .redirect("https://cdn.io/x"), "https://cdn.io/x": .redirect("https://r.io/back/x"),
        ])
        #expect(await open(thirdParty) == nil)
        #expect(thirdParty.conversation.last == "GET https://r.io/back/x")
        #expect(thirdParty.requests.last?.headers["Authorization"] == nil)
    }

    @Test func `a registry beyond a redirect is shown a token that anybody gets, and no login`() async throws {
        let wire = ScriptedTransport { request in
            switch (request.url.origin.host, request.url.path) {
            case ("r.io", "/v2/"): .ok
            case ("r.io", _): .redirect("https://mirror.io/v2/x/manifests/1")
            case ("auth.io", _): .json(#"{"token":"anybodys"}"#)
            default:
                request.headers["Authorization"] == "Bearer anybodys"
                    ? .notFound : .challenge(#"Bearer realm="https://auth.io/t",service="m",scope="repository:x:pull""#)
            }
        }
        let network = RegistryNetwork(wire, credentials: FixedCredential("u", "p"))
        _ = await failure { try await network.store("r.io").manifest(.tag(.latest), in: .app) }
        #expect(wire.trusted == ["https://mirror.io"])
        let asked = wire.requests.filter { $0.url.origin.host == "auth.io" }
        #expect(asked.count == 1 && asked[0].headers["Authorization"] == nil)
        #expect(wire.conversation.last == "GET https://mirror.io/v2/x/manifests/1")
    }

    @Test(arguments: ["https://10.0.0.1/t", "http://auth.io/t", "https://169.254.169.254/t"])
    func `a realm beyond a redirect leads nowhere that the registry's own may not`(realm: String) async throws {
        let wire = ScriptedTransport { request in
            switch (request.url.origin.host, request.url.path) {
            case ("r.io", "/v2/"): .ok
            case ("r.io", _): .redirect("https://mirror.io/x")
            default: .challenge("Bearer realm=\"\(realm)\"")
            }
        }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app) }
        #expect(failure?.kind == .unavailable)
        #expect(Set(wire.requests.map(\.url.origin.host)) == ["r.io", "mirror.io"])
    }

    @Test(.covers("S03")) func `a challenge from abroad is answered without a login, if at all`() async throws {
        let wire = wire(
            ["*": .redirect("https://cdn.io/x")], elsewhere: .challenge("Bearer realm=\"https://cdn.io/t\""))
        let failure = await open(wire)
        #expect(failure?.kind == .unavailable)
        #expect(wire.trusted == ["https://r.io"])
    }

    @Test(
        .covers("S02", "S07"),
        arguments: [
            "http://cdn.io/x", "http://r.io:8080/x", "https://169.254.169.254/x", "https://[fd00:ec2::254]/x",
            "https://0.0.0.0/x",
            "https://2852039166/x", "https://0251.0376.0251.0376/x", "https://127.0.0.1/x", "https://10.0.0.1/x",
            "https://localhost/x", "file:///etc/passwd", "https://u:p@cdn.io/x", "https://cdn.io/\r\nX: y",
        ])
    func `a redirect that leads astray is not followed`(target: String) async throws {
        let wire = wire(["*": .redirect(target)])
        let failure = await open(wire)
        #expect(failure?.kind == .invalid)
        #expect(failure?.message.contains("a redirect is not followed") == true)
        #expect(wire.requests.count == 2)
    }

    @Test(.covers("S06")) func `a circle is noticed`() async throws {
        let wire = wire([
            "*": .redirect("https://cdn.io/1"), "https://cdn.io/1": .redirect("https://cdn.io/2"),
            "https://cdn.io/2": .redirect("https://cdn.io/1"),
        ])
        #expect(await open(wire)?.message.contains("circle") == true)
        #expect(wire.requests.count == 4)
    }

    @Test(.covers("S06")) func `ten redirects are enough`() async throws {
        var redirects: [String: Answer] = ["*": .redirect("https://cdn.io/1")]
        for hop in 1...20 { redirects["https://cdn.io/\(hop)"] = .redirect("https://cdn.io/\(hop + 1)") }
        let wire = wire(redirects)
        #expect(await open(wire)?.message.contains("more than 10 redirects") == true)
        #expect(wire.requests.count == 12)
    }

    @Test(.covers("S10")) func `an inner registry may lead to inner storage`() async throws {
        let wire = wire(
            ["*": .redirect("https://minio.corp/x")], connected: ["https://r.corp": .privateNetwork])
        #expect(await open(wire, host: "r.corp") == nil)
        #expect(wire.requests.last?.reach == .publicOr(.privateNetwork))
    }

    @Test func `a redirected upload is refused, not followed with its bytes`() async throws {
        let wire = ScriptedTransport { request in
            switch request.method {
            case .post: Answer(status: 202, headers: ["Location": "/u/1"])
            case .put: .redirect("https://cdn.io/u")
            default: .ok
            }
        }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").push(blob, to: .app) }
        #expect(failure?.message.contains("a redirect is not followed") == true)
        #expect(!wire.conversation.contains { $0.contains("cdn.io") })
    }

    @Test(.covers("B01", "S01")) func `over sockets, the second host sees no credentials`() async throws {
        let layer = SampleBlob(size: 50_000)
        try await withRegistry { storage in
            try await storage.store.push(layer, to: .app)
            let location = storage.server.url + "/v2/team/app/blobs/\(layer.descriptor.digest)"
            let rules = [FaultRule(RequestMatch(.GET, .blob), .always, .redirect(to: location))]
            storage.faults.forgetRequests()
            try await withRegistry(rules: rules, users: ["u": "p"], credentials: FixedCredential("u", "p")) { front in
                let open = try await front.store.blob(layer.descriptor, in: .app, from: 10_000)
                #expect(try await open.collected() == Array(layer.bytes[10_000...]))
            }
            let seen = try #require(storage.requests.last)
            #expect(seen.headers.contains(name: "Authorization") == false)
            #expect(seen.headers.contains(name: "Range"))
        }
    }

    @Test(.covers("S08")) func `a name that resolves inwards is refused once connected`() async throws {
        // The front is taken for a registry on the internet; its redirect names the loopback by a name.
        try await withRegistry { storage in
            let transport = try HTTPClientTransport()
            let url = try WireURL("http://localhost:\(storage.server.port)/v2/")
            storage.faults.forgetRequests()
            let request = WireRequest(.get, url, reach: .publicOr(.everywhere))
            let error = await #expect(throws: WireFailure.self) { _ = try await transport.send(request) }
            guard case .addressRefused? = error?.cause else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(storage.requests.isEmpty)
            await transport.shutdown()
        }
    }
}
