// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryTransport
import Testing

/// What HEAD cannot say, GET can.
@Suite struct HeadTrustTests {
    private let image = SampleImage()
    private let blob = SampleBlob(size: 10)

    private func answer(
        _ request: WireRequest, head: ScriptedTransport.Answer, get: ScriptedTransport.Answer
    ) -> ScriptedTransport.Answer {
        if request.url.path == "/v2/" { return .ok }
        return request.method == .head ? head : get
    }

    private var manifest: ScriptedTransport.Answer {
        let content = image.manifest
        return ScriptedTransport.Answer(
            status: 200,
            headers: ["Content-Type": content.mediaType.essence, "Docker-Content-Digest": content.digest.text],
            body: String(decoding: content.bytes, as: UTF8.self))
    }

    @Test(.covers("M09"), arguments: [400, 405, 406])
    func `a registry that refuses HEAD of a manifest is asked by GET, and from then on at once`(status: Int)
        async throws
    {
        let refusal = ScriptedTransport.Answer(status: status)
        let wire = ScriptedTransport { [self] in answer($0, head: refusal, get: manifest) }
        let store = try RegistryNetwork(wire).store("r.io")
        for _ in 0..<2 {
            #expect(try await store.summary(of: .tag(.latest), in: .app)?.digest == image.manifest.digest)
        }
        #expect(wire.requests.map(\.method) == [.get, .head, .get, .get])
    }

    @Test func `a storage host that refuses HEAD at a URL signed for GET does not make a manifest private`()
        async throws
    {
        let wire = ScriptedTransport { [self] request in
            switch (request.url.origin.host, request.url.path, request.method) {
            case ("r.io", "/v2/", _): .ok
            case ("r.io", _, _): .redirect("https://store.io/x?sig=1")
            case (_, _, .head): .init(status: 403)
            default: manifest
            }
        }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        #expect(try await store.summary(of: .tag(.latest), in: .app)?.digest == image.manifest.digest)
    }

    private func part(of size: Int) -> ScriptedTransport.Answer {
        ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 0-0/\(size)"], body: "x")
    }

    @Test(arguments: [403, 405])
    func `a blob of which HEAD says nothing is there if its first byte is`(status: Int) async throws {
        let wire = ScriptedTransport { [self] request in
            if request.url.origin.host == "store.io" {
                return answer(request, head: .init(status: status), get: part(of: 10))
            }
            return request.url.path == "/v2/" ? .ok : .redirect("https://store.io/x")
        }
        let store = try RegistryNetwork(wire).store("r.io")
        for _ in 0..<2 { #expect(try await store.hasBlob(blob.descriptor, in: .app)) }
        // Learned: the second question is a GET at once.
        #expect(wire.requests.count { $0.method == .head } == 2)
        #expect(wire.requests.last?.headers["Range"] == "bytes=0-0")
    }

    @Test(.covers("B08"), arguments: [("0", 10, true), ("7", 10, true), ("7", 7, false), ("11", 10, true)])
    func `a length that cannot be is not believed of HEAD alone`(said: String, size: Int, isThere: Bool) async throws {
        let head = ScriptedTransport.Answer(status: 200, headers: ["Content-Length": said])
        let wire = ScriptedTransport { [self] in answer($0, head: head, get: part(of: size)) }
        #expect(try await RegistryNetwork(wire).store("r.io").hasBlob(blob.descriptor, in: .app) == isThere)
    }

    @Test func `a right length and a missing one cost no second request`() async throws {
        for headers: WireHeaders in [["Content-Length": "10"], [:]] {
            let head = ScriptedTransport.Answer(status: 200, headers: headers)
            let wire = ScriptedTransport { [self] in answer($0, head: head, get: .init(status: 500)) }
            #expect(try await RegistryNetwork(wire).store("r.io").hasBlob(blob.descriptor, in: .app))
            #expect(wire.requests.count == 2)
        }
    }

    @Test(arguments: [
        (ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 9-9/10"], body: "x"), true as Bool?),
        (ScriptedTransport.Answer(status: 200, headers: ["Content-Length": "10"], body: "0123456789"), true),
        (ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 9-9/11"], body: "x"), false),
        (.notFound, false),
        (ScriptedTransport.Answer(status: 416, headers: ["Content-Range": "bytes */9"]), false),
        // A cache remembers the blob, its file is gone.
        (ScriptedTransport.Answer(status: 200, headers: ["Content-Length": "10"]), nil),
    ])
    func `that a blob can be read is proven by its last byte`(answer: ScriptedTransport.Answer, isThere: Bool?)
        async throws
    {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }
        let store = try RegistryNetwork(wire).store("r.io")
        guard let isThere else {
            #expect(await failure { try await store.canRead(blob.descriptor, in: .app) }?.kind == .corrupt)
            return
        }
        #expect(try await store.canRead(blob.descriptor, in: .app) == isThere)
        #expect(wire.requests.last?.headers["Range"] == "bytes=9-9" && wire.requests.count == 2)
    }

    /// Each answers the question for the last byte with something that does not show it.
    @Test(arguments: [
        (
            ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 0-0/10"], body: "x"), "0123456789",
            true
        ),
        (
            ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 0-0/10"], body: "x"), "012345678",
            false
        ),
        (ScriptedTransport.Answer(status: 206, body: "x"), "012345678", false),
        (ScriptedTransport.Answer(status: 200, body: "012345678"), "", false),
        (ScriptedTransport.Answer(status: 200, body: "0123456789"), "", true),
    ])
    func `where another part comes, or one of unknown length, all bytes are counted`(
        answer: ScriptedTransport.Answer, whole: String, isThere: Bool
    ) async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return .ok }
            return request.headers["Range"] == nil ? .init(status: 200, body: whole) : answer
        }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(try await store.canRead(blob.descriptor, in: .app) == isThere)
    }

    @Test(
        arguments: [
            (["Content-Range": "bytes */10"], "0123456789", true), ([:], "0123456789", true), ([:], "", false),
        ] as [(WireHeaders, String, Bool)])
    func `where a range of a blob's own size is refused, the whole is read`(
        headers: WireHeaders, whole: String, isThere: Bool
    ) async throws {
        let wire = ScriptedTransport { request in
            if request.url.path == "/v2/" { return .ok }
            if request.method == .head { return .init(status: 405) }
            guard request.headers["Range"] == nil else { return .init(status: 416, headers: headers) }
            return .init(status: 200, headers: ["Content-Length": "\(whole.utf8.count)"], body: whole)
        }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(try await store.hasBlob(blob.descriptor, in: .app) == isThere)
        guard isThere else { return }
        #expect(try await store.canRead(blob.descriptor, in: .app))
    }

    /// Nobody takes the blob for missing then, or for damaged.
    @Test(arguments: [
        (ScriptedTransport.Answer(status: 204), ContentFailure.Kind.unsupported, "204 No Content"),
        (ScriptedTransport.Answer(status: 203), .unsupported, "203"),
        (
            ScriptedTransport.Answer(
                status: 200, headers: ["Content-Type": "text/html", "Content-Length": "36"],
                body: "<html><title>Sign in</title></html>\n"), .unavailable, "Sign in"
        ),
        (
            ScriptedTransport.Answer(
                status: 200, headers: ["Content-Type": "text/html"], body: "<html><title>Sign in</title></html>"),
            .unavailable, "Sign in"
        ),
    ])
    func `an answer that is no word on a blob says neither that it is there nor that it is not`(
        answer: ScriptedTransport.Answer, kind: ContentFailure.Kind, told: String
    ) async throws {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }
        let store = try RegistryNetwork(wire).store("r.io")
        var failures = [
            await failure { try await store.hasBlob(blob.descriptor, in: .app) },
            await failure { try await store.canRead(blob.descriptor, in: .app) },
        ]
        if answer.headers["Content-Length"] != nil || answer.status != 200 {
            failures.append(await failure { try await store.blob(blob.descriptor, in: .app, range: 0..<10) })
        }
        for failure in failures {
            #expect(failure?.kind == kind && failure?.message.contains(told) == true)
            #expect(failure?.retry == (kind == .unavailable ? .later : .never))
        }
    }

    @Test func `a blob that is a page is there`() async throws {
        let page = ScriptedTransport.Answer(
            status: 200, headers: ["Content-Type": "text/html", "Content-Length": "10"], body: "<p>hi</p>\n")
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : page }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(try await store.hasBlob(blob.descriptor, in: .app))
        #expect(try await store.canRead(blob.descriptor, in: .app))
        _ = try await store.blob(blob.descriptor, in: .app, range: 0..<10)
    }

    @Test(arguments: [10, 11]) func `where the last byte comes without a total, HEAD says how large the whole is`(
        size: Int
    ) async throws {
        let part = ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 9-9/*"], body: "x")
        let head = ScriptedTransport.Answer(status: 200, headers: ["Content-Length": "\(size)"])
        let sized = ScriptedTransport.Answer(status: 206, headers: ["Content-Range": "bytes 0-0/\(size)"], body: "x")
        let wire = ScriptedTransport { [self] request in
            request.headers["Range"] == "bytes=0-0" ? sized : answer(request, head: head, get: part)
        }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(try await store.canRead(blob.descriptor, in: .app) == (size == 10))
    }

    @Test func `a tag that HEAD names by another algorithm is read, and compared by ours`() async throws {
        let named = ContentHash.digest(of: image.manifest.bytes, .sha512).text
        var other = manifest
        other.headers["Docker-Content-Digest"] = named
        let wire = ScriptedTransport { [self, other] in answer($0, head: other, get: other) }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        #expect(try await store.summary(of: .tag(.latest), in: .app)?.digest == image.manifest.digest)
    }

    @Test func `a login page with a digest is no answer to HEAD`() async throws {
        var page = manifest
        page.headers["Content-Type"] = "text/html"
        page.body = "<html><title>Sign in</title></html>"
        let wire = ScriptedTransport { [self, page] in answer($0, head: page, get: page) }
        let store = try RegistryNetwork(wire).store("r.io", as: .target)
        #expect(
            await failure { try await store.summary(of: .tag(.latest), in: .app) }?.message.contains("Sign in") == true)
    }

    @Test func `what GET does not find either says nothing against HEAD`() async throws {
        let wire = ScriptedTransport { [self] in answer($0, head: .init(status: 405), get: .notFound) }
        let store = try RegistryNetwork(wire).store("r.io")
        for _ in 0..<2 {
            #expect(try await store.hasBlob(blob.descriptor, in: .app) == false)
            #expect(try await store.summary(of: .tag(.latest), in: .app) == nil)
        }
        #expect(wire.requests.count { $0.method == .head } == 4)
    }

    @Test func `a caller that leaves alone what is there does not take a HEAD's word that nothing is`() async throws {
        let wire = ScriptedTransport { [self] in answer($0, head: .notFound, get: manifest) }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(try await store.certainSummary(of: .tag(.latest), in: .app)?.digest == image.manifest.digest)
        let empty = ScriptedTransport { [self] in answer($0, head: .notFound, get: .notFound) }
        #expect(try await RegistryNetwork(empty).store("r.io").certainSummary(of: .tag(.latest), in: .app) == nil)
    }

    @Test func `a registry that stored a manifest and failed to say so has it`() async throws {
        let wire = ScriptedTransport { [self] request in
            request.method == .put ? .init(status: 500) : answer(request, head: manifest, get: manifest)
        }
        let store = try RegistryNetwork(wire).store("r.io")
        try await store.put(image.manifest, as: image.manifest.mediaType, at: .tag(.latest), in: .app)
        let without = ScriptedTransport { [self] request in
            request.method == .put ? .init(status: 500) : answer(request, head: .notFound, get: .notFound)
        }
        let failure = await failure {
            try await RegistryNetwork(without).store("r.io").put(
                image.manifest, as: image.manifest.mediaType, at: .tag(.latest), in: .app)
        }
        #expect(failure?.status == 500)
    }

    @Test func `a deletion that is answered with errors has not happened`() async throws {
        let wire = ScriptedTransport { request in
            request.method == .delete ? .json(#"{"errors":[{"code":"DENIED","message":"no"}]}"#) : .ok
        }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").delete(.tag(.latest), in: .app) }
        #expect(failure?.message.contains("DENIED") == true)
    }

    @Test func `a date to come back at is one of the registry's clock`() async throws {
        var answer = ScriptedTransport.Answer(status: 429)
        answer.headers["Date"] = "Sun, 06 Nov 1994 08:49:37 GMT"
        answer.headers["Retry-After"] = "Sun, 06 Nov 1994 08:49:40 GMT"
        let wire = ScriptedTransport { [answer] in $0.url.path == "/v2/" ? .ok : answer }
        let failure = await failure { try await RegistryNetwork(wire).store("r.io").manifest(.tag(.latest), in: .app) }
        #expect(failure?.retry == .notBefore(.seconds(3)))
    }
}
