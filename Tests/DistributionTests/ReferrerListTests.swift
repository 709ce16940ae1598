// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import OCI
import ProtocolCases
import RegistryTransport
import Testing

@Suite struct ReferrerListTests {
    private let digest = SampleBlob(size: 3).descriptor.digest

    private static func page(_ names: [String], next: String? = nil) -> ScriptedTransport.Answer {
        let entries = names.map { name in
            let digest = ContentHash.digest(of: Array(name.utf8))
            return #"{"mediaType":"\#(MediaType.ociManifest.essence)","digest":"\#(digest)","size":7}"#
        }
        var answer = ScriptedTransport.Answer.json(
            #"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#)
        answer.headers["Content-Type"] = MediaType.ociIndex.essence
        answer.headers["Link"] = next.map { "<\($0)>; rel=\"next\"" }
        return answer
    }

    private func referrers(
        _ script: @escaping @Sendable (WireRequest) -> ScriptedTransport.Answer
    ) async throws -> [Digest]? {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : script($0) }
        let store = try RegistryNetwork(wire).store("r.io")
        guard let index = try await store.referrers(of: digest, in: .app) else { return nil }
        return try Manifest(index.bytes, contentType: index.mediaType).children.map(\.digest)
    }

    @Test(.covers("R01")) func `every page is read, each referrer once`() async throws {
        let found = try await referrers { request in
            switch request.url.query {
            case nil: Self.page(["a", "b"], next: "?page=2")
            case "page=2": Self.page(["b", "c"], next: "/v2/team/app/referrers/x?page=3")
            default: Self.page(["d"])
            }
        }
        #expect(found == ["a", "b", "c", "d"].map { ContentHash.digest(of: Array($0.utf8)) })
    }

    @Test(arguments: [
        ScriptedTransport.Answer(status: 500), .notFound, .json("<html>"), .challenge("Bearer realm=\"https://a/\""),
    ])
    func `half a list is none`(second: ScriptedTransport.Answer) async throws {
        let failure = await failure {
            try await referrers { $0.url.query == nil ? Self.page(["a"], next: "?page=2") : second }
        }
        #expect(failure != nil)
    }

    @Test func `a registry that refuses Accept is asked without`() async throws {
        let found = try await referrers { $0.headers["Accept"] == nil ? Self.page(["a"]) : .init(status: 406) }
        #expect(found == [ContentHash.digest(of: Array("a".utf8))])
    }

    @Test func `pages that lead in a circle, or to another host, are refused`() async throws {
        for next in ["?page=2", "https://else.io/v2/x"] {
            let failure = await failure { try await referrers { _ in Self.page(["a"], next: next) } }
            #expect(failure?.kind == .invalid)
        }
    }

    private func count(
        _ answer: ScriptedTransport.Answer, in repositories: [Repository]
    ) async throws -> Int {
        let wire = ScriptedTransport { $0.url.path == "/v2/" ? .ok : answer }
        let store = try RegistryNetwork(wire).store("r.io")
        for repository in repositories { #expect(try await store.referrers(of: digest, in: repository) == nil) }
        return wire.requests.count - 1
    }

    @Test(.covers("R03"))
    func `a registry that knows no such path is asked once, one that knows no such repository once for each`()
        async throws
    {
        let repositories: [Repository] = [.app, .app, .other]
        #expect(try await count(.init(status: 405), in: repositories) == 1)
        #expect(try await count(.json("404 page not found", 404), in: repositories) == 2)
        // Refusals without a challenge are refusals of the path (harbor#18305).
        #expect(try await count(.init(status: 401), in: repositories) == 2)
        #expect(try await count(.init(status: 403), in: repositories) == 2)
        // About something that is not there yet.
        let unknown = ScriptedTransport.Answer.json(#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#, 404)
        #expect(try await count(unknown, in: repositories) == 3)
        #expect(try await count(.init(status: 400), in: repositories) == 3)
        #expect(try await count(.json("<html>"), in: repositories) == 3)
    }

    /// Each is called a list of referrers: compressed, behind a mark of byte order, empty, cut, without the object around it.
    @Test(
        .covers("R03"),
        arguments: [
            "\u{1F}\u{8B}", "\u{FEFF}{\"manifests\":[]}", "", #"{"schemaVersion":2,"manifests":[{"mediaType""#, "[]",
            #"{"schemaVersion":2}"#, #"{"manifests":{}}"#,
        ])
    func `a list that cannot be read is no word that there is none`(body: String) async {
        var answer = ScriptedTransport.Answer.json(body)
        answer.headers["Content-Type"] = MediaType.ociIndex.essence
        let failure = await failure { [answer] in try await referrers { _ in answer } }
        #expect(failure?.retry == .later && failure?.message.hasSuffix("the answer is no list of referrers") == true)
        let second = await DistributionTests.failure { [answer] in
            try await referrers { $0.url.query == nil ? Self.page(["a"], next: "?page=2") : answer }
        }
        #expect(second?.retry == .later)
    }

    @Test func `a list that was recoded on the way is told as that`() async {
        var answer = ScriptedTransport.Answer.json("\u{1F}")
        answer.headers = ["Content-Type": MediaType.ociIndex.essence, "Content-Encoding": "gzip"]
        let failure = await failure { [answer] in try await referrers { _ in answer } }
        #expect(failure?.retry == .later && failure?.message.contains("is encoded as \"gzip\"") == true)
    }

    @Test func `null is an empty list`() async throws {
        var answer = ScriptedTransport.Answer.json(#"{"schemaVersion":2,"manifests":null}"#)
        answer.headers["Content-Type"] = MediaType.ociIndex.essence
        let found = try await referrers { [answer] _ in answer }
        #expect(found == [])
    }

    @Test func `an error under status 200 is no word that there is no list`() async {
        let failure = await failure {
            try await referrers { _ in .json(#"{"errors":[{"code":"DENIED","message":"no"}]}"#) }
        }
        #expect(failure != nil)
    }
}
