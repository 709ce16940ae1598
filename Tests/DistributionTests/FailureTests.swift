// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import RegistryTransport
import Synchronization
import Testing

@Suite struct FailureTests {
    private func failure(_ answer: ScriptedTransport.Answer, retryAfter: String? = nil) async throws -> ContentFailure?
    {
        var answer = answer
        answer.headers["Retry-After"] = retryAfter
        let wire = ScriptedTransport { [answer] in $0.url.path == "/v2/" ? .ok : answer }
        return await DistributionTests.failure {
            try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
        }
    }

    private static let url = "GET https://r.io/v2/team/app/manifests/latest"

    struct Row: Sendable, CustomTestStringConvertible {
        let body: String
        let message: String
        var testDescription: String { body }
    }

    static let rows = [
        Row(
            body: #"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"v9"}}]}"#,
            message: "MANIFEST_UNKNOWN: manifest unknown; map[Tag:v9]"),
        Row(
            body: #"{"errors":[{"code":"A","message":"b","detail":[{"x":1,"a":null},true]}]}"#,
            message: "A: b; [map[a:<nil> x:1] true]"),
        Row(
            body: #"{"errors":[{"code":"A","message":"b","detail":null},{"code":"C"}]}"#,
            message: "multiple errors returned: A: b; C"),
        Row(body: "", message: "unexpected status code 404 Not Found"),
        Row(body: "<h1>\n no </h1>", message: "unexpected status code 404 Not Found: <h1> no </h1>"),
        Row(body: #"{"message":"gone"}"#, message: "unexpected status code 404 Not Found: gone"),
        Row(body: #"{"errors":[]}"#, message: #"unexpected status code 404 Not Found: {"errors":[]}"#),
        Row(body: #"{"errors":"x"}"#, message: #"unexpected status code 404 Not Found: {"errors":"x"}"#),
        Row(
            body: #"{"errors":[{"code":"A","message":"\u001b[2J\u202eevil"}]}"#,
            message: #"A: \u{1b}[2J\u{202e}evil"#),
    ]

    @Test(arguments: [
        (["DENIED"], ContentFailure.Kind.denied), (["UNAUTHORIZED"], .denied), (["DENIED", "NAME_UNKNOWN"], .notFound),
        (["MANIFEST_UNKNOWN"], .notFound), ([], .notFound),
    ])
    func `a refusal with 404 does not say that nothing is there`(codes: [String], kind: ContentFailure.Kind)
        async throws
    {
        let errors = codes.map { #"{"code":"\#($0)","message":"m"}"# }.joined(separator: ",")
        #expect(try await failure(.json(#"{"errors":[\#(errors)]}"#, 404))?.kind == kind)
    }

    @Test(arguments: rows) func `says what the registry said, in gcrane's words`(row: Row) async throws {
        let failure = try await failure(.json(row.body, 404))
        #expect(failure?.message == "\(Self.url): \(row.message)")
        #expect(failure?.kind == .notFound)
        #expect(failure?.status == 404)
    }

    @Test(arguments: [
        (
            "<html><head><title>403 Forbidden</title></head><body>…</body></html>", "text/html",
            "text/html: 403 Forbidden"
        ),
        ("\n <!DOCTYPE HTML><TITLE lang=en>\n Access\n Denied </TITLE>", "text/plain", "text/html: Access Denied"),
        ("<html><style>\(String(repeating: "x", count: 9000))</style><title>Late</title>", "", "text/html: Late"),
        ("<h1>no</h1>", "text/html; charset=utf-8", "text/html"), ("<html><title> </title>", "", "text/html"),
        ("<html><title>\u{1B}[2Jx</title>", "", #"text/html: \u{1b}[2Jx"#), ("", "text/html", "text/html"),
    ])
    func `of a web page only its title is told`(body: String, type: String, told: String) async throws {
        let failure = try await failure(.init(status: 403, headers: ["Content-Type": type], body: body))
        #expect(
            failure?.message == "\(Self.url): unexpected status code 403 Forbidden: answered with \(told)")
    }

    @Test func `a long text is one line of bounded length`() async throws {
        let text = String(repeating: "upstream connect error\r\n\treset ", count: 1000)
        let message = try #require(try await failure(.init(status: 400, body: text))?.message)
        #expect(
            message.hasPrefix("\(Self.url): unexpected status code 400 Bad Request: upstream connect error reset up"))
        #expect(message.count < 640 && !message.contains { $0.isNewline || $0 == "\t" })
    }

    @Test func `a body without end is cut`() async throws {
        let failure = try await failure(.json(String(repeating: "x", count: 1 << 20), 500))
        #expect((failure?.message.utf8.count ?? 0) < 1_000)
    }

    @Test(arguments: [203, 206]) func `a success that is none is told by its status, however long it is`(
        status: Int
    ) async throws {
        let long = ScriptedTransport.Answer(status: status, body: String(repeating: "x", count: 1 << 20))
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : long }
        let store = try RegistryNetwork(wire).store("r.io")
        let blob = SampleBlob(size: 1 << 20)
        let failures = [
            await DistributionTests.failure { try await store.blob(blob.descriptor, in: .app, range: 0..<1 << 20) },
            await DistributionTests.failure { try await store.openBlob(blob.descriptor.digest, in: .app) },
            await DistributionTests.failure { try await store.tags(in: .app) },
        ]
        for failure in failures {
            #expect(failure?.status == status && failure?.message.contains("unexpected status code \(status)") == true)
        }
    }

    @Test func `a HEAD explains why it says so little`() async throws {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .init(status: 401) }
        let failure = await DistributionTests.failure {
            try await RegistryNetwork(wire).store("r.io").summary(of: .tag(.latest), in: .app)
        }
        #expect(
            failure?.message
                == "HEAD https://r.io/v2/team/app/manifests/latest: unexpected status code 401 Unauthorized "
                + "(HEAD responses have no body, use GET for details)")
    }

    @Test(arguments: [
        ("r.io", ManifestSelector.tag(.latest), "manifest r.io/team/app:latest"),
        (
            "docker.io", .digest(SampleImage().manifest.digest),
            "manifest docker.io/team/app@\(SampleImage().manifest.digest)"
        ),
    ])
    func `a HEAD that says no reason names the command that asks for it`(
        host: String, selector: ManifestSelector, command: String
    ) async throws {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .init(status: 400) }
        let store = try RegistryNetwork(wire).store(host)
        let failure = await DistributionTests.failure { try await store.head(selector, in: .app) }
        #expect(failure?.message.hasSuffix("(HEAD responses have no body, use GET for details)") == true)
        #expect(failure?.hint == "to see the registry's reasons: transship \(command) > /dev/null")
    }

    @Test(arguments: [429, 503]) func `a HEAD that only time helps has no command`(status: Int) async throws {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .init(status: status) }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(await DistributionTests.failure { try await store.head(.tag(.latest), in: .app) }?.hint == nil)
    }

    @Test(arguments: [
        (400, ContentFailure.Kind.invalid, ContentFailure.Retry.never), (401, .unauthorized, .never),
        (403, .denied, .never), (404, .notFound, .never), (405, .unsupported, .never), (408, .stalled, .later),
        (409, .conflict, .never), (412, .conflict, .never), (413, .tooLarge, .never), (415, .unsupported, .never),
        (429, .rateLimited, .later), (499, .stalled, .later), (500, .unavailable, .later), (502, .unavailable, .later),
        (503, .unavailable, .later), (504, .unavailable, .later), (522, .unavailable, .later),
        (501, .unsupported, .never), (302, .invalid, .never), (204, .invalid, .never),
    ])
    func `the status decides`(status: Int, kind: ContentFailure.Kind, retry: ContentFailure.Retry) async throws {
        let failure = try await failure(.init(status: status))
        #expect(failure?.kind == kind)
        #expect(failure?.retry == retry)
    }

    @Test(arguments: [
        ("DIGEST_INVALID", ContentFailure.Kind.corrupt, ContentFailure.Retry.later),
        ("BLOB_UPLOAD_INVALID", .unavailable, .later), ("TOOMANYREQUESTS", .rateLimited, .later),
        ("MANIFEST_BLOB_UNKNOWN", .invalid, .later), ("MANIFEST_INVALID", .invalid, .never),
        ("TAG_INVALID", .conflict, .never), ("UNKNOWN", .invalid, .later),
    ])
    func `a 400 is told apart by its code`(
        code: String, kind: ContentFailure.Kind, retry: ContentFailure.Retry
    ) async throws {
        let failure = try await failure(.json("{\"errors\":[{\"code\":\"\(code)\"}]}", 400))
        #expect(failure?.kind == kind)
        #expect(failure?.retry == retry)
        #expect(failure?.codes == [code])
    }

    @Test(
        .covers("L10b"),
        arguments: [
            ("3", ContentFailure.Retry.notBefore(.seconds(3))), ("0", .notBefore(.zero)), ("-7", .later),
            ("+7", .later),
            ("86400", .notBefore(.seconds(86_400))), ("99999999999999999999", .notBefore(.seconds(864_000))),
            ("soon", .later),
            ("", .later),
            // The manual clock stands at 08:49:37.
            ("Sun, 06 Nov 1994 08:50:37 GMT", .notBefore(.seconds(60))),
            ("Sun, 06 Nov 1994 08:00:00 GMT", .notBefore(.zero)),
            ("Mon, 07 Nov 1994 08:49:37 GMT", .notBefore(.seconds(86_400))),
            ("Sun, 06 Nov 1994 25:00:00 GMT", .later), ("Thu, 29 Feb 2024 00:00:00 GMT", .notBefore(.seconds(864_000))),
        ])
    func `a registry is left alone for as long as it asks, within reason`(
        header: String, expected: ContentFailure.Retry
    ) async throws {
        for status in [429, 503] {
            #expect(try await failure(.init(status: status), retryAfter: header)?.retry == expected)
        }
        #expect(try await failure(.init(status: 404), retryAfter: header)?.retry == .never)
    }

    @Test(.covers("S22")) func `signed URLs and sessions are not in messages`() async throws {
        let secret = "X-Amz-Signature=s3cret"
        let wire = ScriptedTransport { request in
            switch request.url.path {
            case "/v2/": .ok
            case _ where request.url.origin.host == "cdn.io": .init(status: 403)
            default: .redirect("https://cdn.io/x?\(secret)")
            }
        }
        let failure = await DistributionTests.failure {
            try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
        }
        #expect("\(String(describing: failure))".contains("s3cret") == false)
    }

    @Test(.covers("B09"), arguments: [400, 401, 403, 410, 429, 503])
    func `what a storage host refuses is asked of the registry again, and nobody is told to log in`(
        status: Int
    ) async throws {
        let wire = ScriptedTransport { request in
            switch request.url.path {
            case "/v2/": .ok
            case _ where request.url.origin.host == "cdn.io": .init(status: status, headers: ["Retry-After": "600"])
            default: .redirect("https://cdn.io/x")
            }
        }
        let store = try RegistryNetwork(wire).store("r.io")
        let blob = SampleBlob(size: 10)
        let failure = await DistributionTests.failure { try await store.blob(blob.descriptor, in: .app, range: 0..<10) }
        #expect(failure?.kind == .unavailable && failure?.retry == .later && failure?.isOutage == false)
        #expect(failure?.hint == nil)
        #expect(failure?.message.contains("(https://cdn.io, where r.io sent us)") == true)
    }

    @Test(arguments: [WireFailure.Cause.refused, .notTLS])
    func `who does not answer where a Location led is not the registry, and is named`(
        cause: WireFailure.Cause
    ) async throws {
        let wire = ScriptedTransport { request in
            switch request.method {
            case .post: .init(status: 202, headers: ["Location": "https://uploads.io:8443/u"])
            case .put: .failing(cause)
            default: request.url.path == "/v2/" ? .ok : .notFound
            }
        }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        let blob = SampleBlob(size: 10)
        let failure = await DistributionTests.failure { try await store.push(blob, to: .app) }
        #expect(failure?.kind == .unavailable)
        #expect(failure?.message.hasPrefix(#"Put "https://uploads.io:8443/u"#) == true)
        #expect(failure?.message.hasSuffix("(where https://r.io sent us)") == true)
    }

    @Test(arguments: [
        (#"{"message":"You have exceeded a secondary rate limit."}"#, String?.none, ContentFailure.Retry.later),
        (#"{"errors":[{"code":"DENIED","message":"API rate limit exceeded"}]}"#, nil, .later),
        ("<html>abuse detection mechanism</html>", nil, .later), ("", "7", .notBefore(.seconds(7))),
        (#"{"errors":[{"code":"TOOMANYREQUESTS","message":"x"}]}"#, nil, .later),
    ])
    func `a 403 that is a limit in disguise is one`(
        body: String, retryAfter: String?, retry: ContentFailure.Retry
    ) async throws {
        let failure = try await failure(.json(body, 403), retryAfter: retryAfter)
        #expect(failure?.kind == .rateLimited && failure?.retry == retry && failure?.status == 403)
    }

    @Test(.covers("L10b"), arguments: ["900", "21600", "86401"])
    func `a pause is as long as the registry says, and whether that is too long is for others to decide`(
        seconds: String
    ) async throws {
        let failure = try await failure(.init(status: 429), retryAfter: seconds)
        #expect(failure?.retry == Int(seconds).map { .notBefore(.seconds($0)) })
    }

    @Test(arguments: [(500, false), (502, true), (503, true), (504, true), (507, false)])
    func `a gateway's error speaks for the whole registry, one of the registry itself for its request`(
        status: Int, isOutage: Bool
    ) async throws {
        #expect(try await failure(.init(status: status))?.isOutage == isOutage)
    }

    @Test func `where everything is answered 500 it is the registry's, and that is asked once for all who failed`()
        async throws
    {
        let isDown = Mutex(false)
        let wire = ScriptedTransport { _ in isDown.withLock { $0 } ? .init(status: 500) : .ok }
        let store = try RegistryNetwork(wire).store("r.io")
        try await store.ping()
        isDown.withLock { $0 = true }
        for _ in 0..<3 {
            let failure = await DistributionTests.failure { try await store.manifest(.tag(.latest), in: .app) }
            #expect(failure?.isOutage == true)
        }
        #expect(wire.conversation.count { $0.hasSuffix("/v2/") } == 2)
    }

    @Test(.covers("S21")) func `warnings of a registry are passed on once, escaped`() async throws {
        let sink = NoticeSink()
        var options = RegistryNetworkOptions.patient
        options.notice = { sink.add($1.line(about: $0)) }
        let wire = ScriptedTransport { request in
            .init(status: 404, headers: ["Warning": "299 - \"old \\\"tag\\\" \u{1b}\"", "warning": "199 - \"x\""])
                .in200("/v2/", request)
        }
        let store = try RegistryNetwork(wire, options: options).store("r.io")
        for _ in 0..<2 { _ = try await store.summary(of: .tag(.latest), in: .app) }
        #expect(sink.all == [#"r.io says: old "tag" \u{1b}"#])
    }

    @Test(.covers("L13")) func `a host that does not answer is named, and so is one that does not exist`() async throws
    {
        let network = try RegistryNetwork()
        // Port 9 of the loopback, where nobody listens.
        let refused = await DistributionTests.failure { try await network.store("127.0.0.1:9").ping() }
        #expect(refused?.kind == .unreachable)
        #expect(refused?.message.contains("dial tcp 127.0.0.1:9: connect: connection refused") == true)
        let unknown = await DistributionTests.failure { try await network.store("nowhere.invalid").ping() }
        #expect(unknown?.kind == .unreachable)
        #expect(
            unknown?.message == #"Get "https://nowhere.invalid/v2/": dial tcp: lookup nowhere.invalid: no such host"#)
        await network.shutdown()
    }

    @Test(.covers("S24")) func `headers without end are refused`() async throws {
        let long = String(repeating: "x", count: 1 << 20)
        let rules = [FaultRule(RequestMatch(.HEAD, .manifest), .always, .header("X-Long", long))]
        try await withRegistry(rules: rules) { loopback in
            let failure = await DistributionTests.failure {
                try await loopback.store.summary(of: .tag(.latest), in: .app)
            }
            #expect(failure?.message.contains("malformed answer") == true)
            #expect((failure?.message.utf8.count ?? 0) < 1_000)
        }
    }

    @Test func `after the end of the run nothing is asked any more`() async throws {
        let network = try RegistryNetwork()
        await network.shutdown()
        let failure = await DistributionTests.failure { try await network.store("127.0.0.1:9").ping() }
        #expect(failure?.kind == .cancelled)
    }
}
