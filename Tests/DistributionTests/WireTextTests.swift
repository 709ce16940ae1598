// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import RegistryTransport
import Testing

/// What is in a `WireURL` is what stands in the request line.
@Suite struct WireTextTests {
    @Test(arguments: [
        "/v2/", "/v2/a?_state=a%2Fb+c==&&x&y=&", "/v2//a", "/a;b=c/d,e", "/!$&'()*+,;=:@-._~", "/%41%2f%2F", "/a?b?c/d",
        "/a%C3%BC?q=%C3%BC",
    ])
    func `a URL reaches the registry byte for byte`(target: String) async throws {
        try await withRegistry { loopback in
            let transport = try HTTPClientTransport()
            let url = try WireURL(loopback.server.url + target)
            let response = try await transport.send(WireRequest(.get, url))
            _ = await response.body.beginning(upTo: 1 << 20)
            #expect(loopback.requests.last?.target == target)
            #expect(loopback.requests.last?.headers["Host"] == [loopback.server.authority])
            await transport.shutdown()
        }
    }

    @Test(.covers("S22")) func `the log tells of every exchange, without secrets`() async throws {
        let sink = NoticeSink()
        var options = RegistryNetworkOptions.patient
        options.wireLog = WireLog { event in
            switch event {
            case .sending(let exchange): sink.add("--> \(exchange.method.rawValue) \(exchange.url.path)\n\(exchange)")
            case .received(let exchange, let status, let headers, let body, _):
                sink.add("<-- \(status) \(exchange.url.path)\n\(headers)\n\(body)")
            case .failed(let exchange, let failure, _): sink.add("<-- ERROR \(exchange.url.path) \(failure)")
            }
        }
        let tally = WireTally()
        options.tally = tally
        try await withRegistry(
            users: ["u": "hunter2"], tokens: true, credentials: FixedCredential("u", "hunter2"), options: options
        ) { loopback in
            try await SampleImage().push(to: loopback.store, .app)
            let origin = try WireURL(loopback.server.url).origin
            #expect(tally.snapshot[origin]?.requests == loopback.requests.count)
            let sent = SampleImage().manifest.bytes.count + 302_000
            #expect(tally.snapshot[origin]?.bytesSent == Int64(sent))
        }
        let log = sink.all.joined(separator: "\n")
        #expect(log.contains("--> PUT /v2/team/app/manifests/latest"))
        #expect(!log.contains("hunter2"))
        #expect(!log.contains("Basic dTp"))
        #expect(!log.contains("Bearer e"))
        #expect(!log.contains("expires_in"))
    }

    @Test func `a log that hides what was sent repeats no login, whoever does`() async throws {
        let options = RegistryNetworkOptions.patient
        let wire = ScriptedTransport { request in
            guard request.headers["Authorization"] != nil else { return .challenge("Basic realm=\"r\"") }
            return .init(status: 403, headers: ["X-Echo": "pässword9"], body: "pässword9")
        }
        let network = RegistryNetwork(
            options: options, credentials: FixedCredential("u", "pässword9"), transport: wire, clock: .system)
        _ = await failure { try await network.store(for: try RegistryHost("r.io")).manifest(.tag(.latest), in: .app) }
        let echo: WireHeaders = ["X-Echo": "it is pässword9\u{301}", "X-p\u{E4}ssword9": "x"]
        let long = Array((String(repeating: "x", count: (1 << 16) - 4) + "pässword9").utf8)
        for text in [
            echo.text { options.secrets.hidden(in: $0) },
            ShownBody.bytes(long).text { options.secrets.hidden(in: $0) },
            ShownBody.bytes(Array("pässword9 pässword9".utf8)).text { options.secrets.hidden(in: $0) },
        ] { #expect(!text.contains("päss") && text.contains("REDA"), "\(text.suffix(80))") }
    }
}
