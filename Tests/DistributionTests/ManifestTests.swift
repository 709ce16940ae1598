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

@Suite struct ManifestTests {
    private let image = SampleImage()

    @Test(.covers("M01")) func `every manifest type is asked for, and only where manifests are`() async throws {
        try await withRegistry { loopback in
            try await image.push(to: loopback.store, .app)
            _ = try await loopback.store.manifest(.tag(.latest), in: .app)
            let asked = try #require(loopback.requests.last)
            let accept = asked.headers["Accept"].joined(separator: ",")
            for type in MediaType.acceptedManifests { #expect(accept.contains(type.essence)) }
            #expect(accept.hasSuffix(",*/*"))
            #expect(loopback.requests.filter { $0.subject != .manifest }.allSatisfy { $0.headers["Accept"].isEmpty })
            #expect(loopback.requests.allSatisfy { $0.headers["Accept-Encoding"] == ["identity"] })
        }
    }

    @Test(.covers("M02")) func `parameters of a content type are understood and not passed on`() async throws {
        let type = image.manifest.mediaType.essence + "; charset=utf-8"
        let rules = [FaultRule(RequestMatch(.GET, .manifest), .always, .header("Content-Type", type))]
        try await withRegistry(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            let manifest = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(manifest.mediaType == .ociManifest)
            try await loopback.store.put(manifest, as: manifest.mediaType, at: .tag(try Tag("v2")), in: .app)
            #expect(loopback.requests.last?.headers["Content-Type"] == [MediaType.ociManifest.essence])
        }
    }

    @Test(.covers("M03")) func `another manifest than the digest asked for is an error, whatever the header says`()
        async throws
    {
        let rules = [FaultRule(RequestMatch(.GET, .manifest), .always, .corrupt(atByte: 5))]
        try await withRegistry(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            let failure = await failure {
                try await loopback.store.manifest(.digest(image.manifest.digest), in: .app)
            }
            #expect(failure?.kind == .corrupt)
            #expect(failure?.message.contains("does not match requested digest") == true)
        }
    }

    @Test(
        .covers("M04", "M05"),
        arguments: [
            "sha256:" + String(repeating: "0", count: 64), "sha512:" + String(repeating: "0", count: 128), "x",
        ])
    func `a digest header is no proof of anything`(header: String) async throws {
        let rules = [FaultRule(RequestMatch(.GET, .manifest), .always, .header("Docker-Content-Digest", header))]
        try await withRegistry(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            #expect(try await loopback.store.manifest(.tag(.latest), in: .app).digest == image.manifest.digest)
            let byDigest = try await loopback.store.manifest(.digest(image.manifest.digest), in: .app)
            #expect(byDigest.bytes == image.manifest.bytes)
        }
    }

    @Test(
        .covers("M09"),
        arguments: [
            Fault.answer(.methodNotAllowed), .header("Docker-Content-Digest", nil), .header("Content-Type", nil),
        ])
    func `a HEAD that tells too little is followed by a GET`(fault: Fault) async throws {
        let rules = [FaultRule(RequestMatch(.HEAD, .manifest), .always, fault)]
        try await withRegistry(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            let summary = try await loopback.store.summary(of: .tag(.latest), in: .app)
            #expect(summary?.digest == image.manifest.digest)
            #expect(loopback.conversation.suffix(2) == ["HEAD manifest", "GET manifest"])
        }
    }

    @Test(.covers("M10")) func `a manifest as large as the limit passes, one byte more does not`() async throws {
        var options = RegistryNetworkOptions.patient
        options.largestManifest = image.manifest.bytes.count
        try await withRegistry(options: options) { loopback in
            try await image.push(to: loopback.store, .app)
            _ = try await loopback.store.manifest(.tag(.latest), in: .app)
        }
        let rules = [FaultRule(RequestMatch(.GET, .manifest), .always, .append(" "))]
        try await withRegistry(rules: rules, options: options) { loopback in
            try await image.push(to: loopback.store, .app)
            let failure = await failure { try await loopback.store.manifest(.tag(.latest), in: .app) }
            #expect(failure?.kind == .tooLarge)
            let long = ManifestContent(
                bytes: image.manifest.bytes + [0x20], mediaType: .ociManifest, digest: image.manifest.digest)
            let refusal = await Self.refusal(of: long, by: loopback.store)
            #expect(refusal?.kind == .tooLarge)
        }
    }

    private static func refusal(of manifest: ManifestContent, by store: RegistryStore) async -> ContentFailure? {
        await failure { try await store.put(manifest, as: manifest.mediaType, at: .tag(.latest), in: .app) }
    }

    @Test(
        .covers("M10"),
        arguments: [
            (HTTPResponseStatus.payloadTooLarge, "", ContentFailure.Kind.tooLarge, ContentFailure.Retry.never),
            (.badRequest, #"{"errors":[{"code":"MANIFEST_INVALID","message":"not JSON"}]}"#, .invalid, .later),
            (.badRequest, #"{"errors":[{"code":"TAG_INVALID","message":"immutable"}]}"#, .conflict, .never),
        ])
    func `a manifest that is refused may be sent again only where its bytes may have been damaged on the way`(
        status: HTTPResponseStatus, body: String, kind: ContentFailure.Kind, retry: ContentFailure.Retry
    ) async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .always, .answer(status, body: body))]
        try await withRegistry(rules: rules) { loopback in
            let failure = await Self.refusal(of: image.manifest, by: loopback.store)
            #expect(failure?.kind == kind)
            #expect(failure?.retry == retry)
            #expect(loopback.conversation.count { $0 == "PUT manifest" } == 1)
        }
    }

    @Test(.covers("M11")) func `a web server that answers 200 to a PUT is no registry`() async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .always, .answer(.ok, body: "<html>"))]
        try await withRegistry(rules: rules) { loopback in
            let failure = await Self.refusal(of: image.manifest, by: loopback.store)
            #expect(failure?.message.contains("the manifest is not there") == true)
        }
    }

    @Test func `a login page is no manifest, no deletion and no list, and is named as what it is`() async throws {
        let page = ScriptedTransport.Answer(
            status: 200, headers: ["Content-Type": "text/html; charset=utf-8"],
            body: "<!doctype html><html><title>Sign in</title></html>")
        let wire = ScriptedTransport { $0.method == .head ? .init(status: 200, headers: page.headers) : page }
        let store = try RegistryNetwork(wire).store("r.io")
        let failures = [
            await failure { try await store.manifest(.tag(.latest), in: .app) },
            await failure { try await store.summary(of: .tag(.latest), in: .app) },
            await failure { try await store.delete(.tag(.latest), in: .app) },
            await failure { try await store.put(image.manifest, as: .ociManifest, at: .tag(.latest), in: .app) },
        ]
        let said = #"answered with text/html titled "Sign in": is there a login page or a proxy in front?"#
        for failure in failures { #expect(failure?.message.hasSuffix(said) == true && failure?.retry == .later) }
        #expect(await failure { try await store.tags(in: .app) } != nil)
    }

    @Test(arguments: [
        (#"{"errors":[{"code":"DENIED"}]}"#, "application/json", false), (#"{"schemaVersion":2}"#, "text/plain", true),
        (#"{"schemaVersion":2}"#, "text/html", true), ("[]", "application/json", false), ("", "", false),
    ])
    func `under a general media type only what has a manifest's shape is one`(
        body: String, type: String, isManifest: Bool
    ) async throws {
        var answer = ScriptedTransport.Answer(status: 200, headers: ["Content-Type": type], body: body)
        answer.headers["Docker-Content-Digest"] = ContentHash.digest(of: Array(body.utf8)).text
        let wire = ScriptedTransport { [answer] in $0.url.path == "/v2/" ? .ok : answer }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect((await failure { try await store.manifest(.tag(.latest), in: .app) } == nil) == isManifest)
    }

    /// Caches serve an answer under the type of what it replaces.
    @Test(arguments: [
        #"{"errors":[{"code":"UNKNOWN"}]}"#, "{}", "", "[]", "<html><title>Sign in</title></html>",
        #"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}"#,
    ])
    func `under a manifest's media type only what has a manifest's shape is one`(body: String) async throws {
        let headers: WireHeaders = ["Content-Type": MediaType.ociManifest.essence]
        let answer = ScriptedTransport.Answer(status: 200, headers: headers, body: body)
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }
        let store = try RegistryNetwork(wire).store("r.io")
        let failure = await failure { try await store.summary(of: .tag(.latest), in: .app) }
        #expect(failure?.message.contains("the answer is no manifest") == true)
    }

    /// It is shown as it stands, and refused by who reads it.
    @Test(arguments: [
        #"{"schemaVersion":2,"schemaVersion":2,"manifests":[]}"#, #"{"schemaVersion":2,"manifests":[]} and more"#,
    ])
    func `a manifest that programs read in different ways is handed on byte for byte`(body: String) async throws {
        let headers: WireHeaders = ["Content-Type": MediaType.ociIndex.essence]
        let answer = ScriptedTransport.Answer(status: 200, headers: headers, body: body)
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }
        let content = try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app)
        #expect(content.bytes == Array(body.utf8))
        #expect(throws: ManifestError.self) { try Manifest(content.bytes, contentType: content.mediaType) }
    }

    /// Whoever leaves alone what is there has to know whether something is.
    @Test(arguments: [
        (ScriptedTransport.Answer.json(#"{"tags":["other"]}"#), true), (.json(#"{"tags":["latest"]}"#), false),
        (.notFound, true), (ScriptedTransport.Answer(status: 403), false),
        (ScriptedTransport.Answer(status: 500), false),
    ])
    func `a refusal is an absence only where the list of tags says so`(
        list: ScriptedTransport.Answer, isAbsent: Bool
    ) async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return .ok }
            return request.url.path.hasSuffix("/tags/list") ? list : .init(status: 403)
        }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        let failure = await failure { try await store.certainSummary(of: .tag(.latest), in: .app) }
        #expect((failure == nil) == isAbsent && (isAbsent || failure?.status == 403))
    }

    @Test(.covers("M12")) func `a registry that took the manifest for another is found out`() async throws {
        let other = "sha256:" + String(repeating: "0", count: 64)
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .always, .header("Docker-Content-Digest", other))]
        try await withRegistry(rules: rules) { loopback in
            for blob in [image.config, image.layer] { try await loopback.store.push(blob, to: .app) }
            let failure = await Self.refusal(of: image.manifest, by: loopback.store)
            #expect(failure?.kind == .corrupt)
            // The next try sends the bytes once more: what damaged them may spare them then.
            #expect(failure?.retry == .later && failure?.received?.text == other)
        }
    }

    @Test(arguments: [true, false]) func `a digest of another algorithm has to be that of the bytes as well`(
        isRight: Bool
    ) async throws {
        let bytes = isRight ? image.manifest.bytes : image.manifest.bytes + [0x20]
        let named = ContentHash.digest(of: bytes, .sha512).text
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .always, .header("Docker-Content-Digest", named))]
        try await withRegistry(rules: rules) { loopback in
            for blob in [image.config, image.layer] { try await loopback.store.push(blob, to: .app) }
            let refusal = await Self.refusal(of: image.manifest, by: loopback.store)
            #expect((refusal == nil) == isRight)
        }
    }

    @Test(.covers("M13"), arguments: ["Location", "Docker-Content-Digest"])
    func `a PUT answered without a header succeeds all the same`(header: String) async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .always, .header(header, nil))]
        try await withRegistry(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            #expect(loopback.conversation.last == (header == "Location" ? "PUT manifest" : "HEAD manifest"))
        }
    }

    @Test func `a target that may not be seen counts as empty, a source does not`() async throws {
        try await withRegistry(habits: .artifactory) { loopback in
            let target = loopback.network.store(for: loopback.host, as: .target)
            let summary = try await target.summary(of: .tag(.latest), in: .app)
            #expect(summary == nil)
            let failure = await failure { try await loopback.store.summary(of: .tag(.latest), in: .app) }
            #expect(failure?.kind == .denied)
        }
    }

    @Test(.covers("M15")) func `a signed schema 1 manifest cannot be verified by digest, and says so`() async throws {
        let type = MediaType.dockerSchema1Signed.essence
        let rules = [
            FaultRule(
                RequestMatch(.GET, .manifest), .always,
                .answer(.ok, headers: ["Content-Type": type], body: #"{"schemaVersion":1}"#))
        ]
        try await withRegistry(rules: rules) { loopback in
            let failure = await failure {
                try await loopback.store.manifest(.digest(image.manifest.digest), in: .app)
            }
            #expect(failure?.kind == .unsupported)
            let byTag = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(byTag.bytes == Array(#"{"schemaVersion":1}"#.utf8))
        }
    }

    private func tags(_ names: String...) throws -> [OCI.Tag] { try names.map { try OCI.Tag($0) } }

    @Test(.covers("M14")) func `several tags are set by one request where the registry can do that`() async throws {
        try await withRegistry { loopback in
            try await image.push(to: loopback.store, .app)
            let before = loopback.requests.count
            let set = try await loopback.store.put(
                image.manifest, as: .ociManifest, at: .tag(try Tag("a")), also: try tags("b", "c"), in: .app)
            #expect(set == (try tags("b", "c")))
            #expect(loopback.requests.count == before + 1)
            for tag in try tags("a", "b", "c") {
                #expect(try await loopback.store.summary(of: .tag(tag), in: .app)?.digest == image.manifest.digest)
            }
        }
    }

    @Test(.covers("M14"))
    func `a registry that does not know of setting tags together is asked once, and has the first one`()
        async throws
    {
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .always, .header("OCI-Tag", nil))]
        try await withRegistry(rules: rules) { loopback in
            try await image.push(to: loopback.store, .app)
            let before = loopback.requests.count
            for _ in 0..<2 {
                let set = try await loopback.store.put(
                    image.manifest, as: .ociManifest, at: .tag(try Tag("a")), also: try tags("b"), in: .app)
                #expect(set == [])
            }
            #expect(loopback.requests.count == before + 3)
            let found = try await loopback.store.summary(of: .tag(try Tag("a")), in: .app)
            #expect(found?.digest == image.manifest.digest)
        }
    }

    @Test func `a registry that refuses tags together gets them one by one`() async throws {
        let rules = [FaultRule(RequestMatch(.PUT, .manifest), .first(1), .answer(.uriTooLong))]
        try await withRegistry(rules: rules) { loopback in
            for blob in [image.config, image.layer] { try await loopback.store.push(blob, to: .app) }
            let set = try await loopback.store.put(
                image.manifest, as: .ociManifest, at: .tag(try Tag("a")), also: try tags("b"), in: .app)
            #expect(set == [])
            let found = try await loopback.store.summary(of: .tag(try Tag("a")), in: .app)
            #expect(found?.digest == image.manifest.digest)
        }
    }
}
