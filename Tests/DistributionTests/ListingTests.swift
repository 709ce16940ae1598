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

@Suite struct ListingTests {
    typealias Answer = ScriptedTransport.Answer

    /// Answers by path and query; the ping is always fine.
    private func wire(_ pages: [String: Answer]) -> ScriptedTransport {
        ScriptedTransport { request in
            request.url.path == "/v2/" ? .ok : pages[String(request.url.target.dropFirst(18))] ?? .json("{}", 404)
        }
    }

    private func page(_ tags: [String], link: String? = nil) -> Answer {
        var answer = Answer.json("{\"tags\":[" + tags.map { "\"\($0)\"" }.joined(separator: ",") + "]}")
        if let link { answer.headers = ["Link": link] }
        return answer
    }

    private func tags(_ wire: ScriptedTransport) async throws -> [String] {
        try await RegistryNetwork(wire).store("r.io").tags(in: .app).map(\.name)
    }

    @Test(
        .covers("T01"),
        arguments: [
            "</v2/team/app/tags/list?n=2&last=b>; rel=\"next\"",
            "<https://r.io/v2/team/app/tags/list?n=2&last=b>; rel=next",
            "<https://r.io:443/v2/team/app/tags/list?n=2&last=b>; title=\"x\"; rel=\"last next\"",
            "<http://r.io/v2/team/app/tags/list?n=2&last=b>; rel=\"next\"",
            "<list?n=2&last=b>; REL=\"Next\"", "</first>; rel=\"first\", <?n=2&last=b>; rel=\"next\"",
            // What is quoted is neither a reference nor the end of a link.
            "<?n=2&last=b>; title=\"a<b, \\\"c\\\"; d\"; rel=\"next\"",
            ", <?n=2&last=b> ; ; crossorigin ; rel = next ;,",
            // Neither is by the rule, and both lead go-containerregistry on.
            "<?n=2&last=b>; rel='next'", "<?n=2&last=b>",
        ])
    func `links lead to the next page`(link: String) async throws {
        let wire = wire(["list?n=1000": page(["a", "b"], link: link), "list?n=2&last=b": page(["c"])])
        #expect(try await tags(wire) == ["a", "b", "c"])
    }

    @Test func `a link may be as long as an answer's head`() async throws {
        let state = String(repeating: "x", count: 20_000)
        let wire = wire([
            "list?n=1000": page(["a"], link: "<?last=a&state=\(state)>; rel=next"),
            "list?last=a&state=\(state)": page(["b"], link: "</v2/>; rel=\"first last\""),
        ])
        #expect(try await tags(wire) == ["a", "b"])
    }

    /// The page behind it would be missed.
    @Test(
        .covers("T01"),
        arguments: [
            "/v2/team/app/tags/list?last=b; rel=\"next\"", "<?last=b; rel=next", "<?last=b>; rel=\"next",
            "<?last=b>; rel=\"last\" next", "<?last=b> rel=next", "</first>; rel=first, <?last=b>",
            "</first>; rel=first, ?last=b; rel=next",
        ])
    func `a link that cannot be read makes the listing fail, not incomplete`(link: String) async throws {
        let wire = wire(["list?n=1000": page(["a", "b"], link: link), "list?last=b": page(["c"])])
        let failure = await failure { try await tags(wire) }
        #expect(failure?.kind == .invalid && failure?.message.contains("its Link header cannot be read") == true)
    }

    @Test(
        .covers("T06", "S09"),
        arguments: [
            "<https://evil.io/list>; rel=\"next\"", "<http://r.io:8080/list>; rel=next", "<//evil.io/x>; rel=next",
            "<https://169.254.169.254/x>; rel=next", "<file:///x>; rel=next", "</../x>; rel=next",
        ])
    func `a link to another host makes the listing fail, not incomplete`(link: String) async throws {
        let wire = wire(["list?n=1000": page(["a"], link: link)])
        let failure = await failure { try await tags(wire) }
        #expect(failure?.kind == .invalid)
        #expect(wire.requests.count == 2)
    }

    @Test(arguments: [(1, nil, 1), (2, ["b"], 2), (9, ["b"], 2)] as [(Int, [String]?, Int)])
    func `of a list as many pages are read as are wanted, and a part of it is no list`(
        most: Int, found: [String]?, pages: Int
    ) async throws {
        let wire = wire([
            "list?n=1000": page(["a"], link: "<list?n=1&last=a>; rel=next"), "list?n=1&last=a": page(["b"]),
        ])
        let listed = try await RegistryNetwork(wire).store("r.io").tags(
            in: .app, where: { $0.name == "b" }, onPages: most)
        #expect(listed.tags?.map(\.name) == found && listed.pages == pages)
        #expect(wire.requests.count { $0.url.path != "/v2/" } == pages)
    }

    @Test(.covers("T02")) func `a full page without a link is followed by a question for more`() async throws {
        let first = (0..<1000).map { "t\($0)" }
        let wire = wire(["list?n=1000": page(first), "list?n=1000&last=t999": page(["u"])])
        #expect(try await tags(wire) == first + ["u"])
    }

    @Test func `a list in Google's form is read to its end, and its hosts are asked for more at once`() async throws {
        let digests = (0..<2).map { ContentHash.digest(of: [UInt8($0)]) }
        func page(_ numbers: Range<Int>, _ digest: Digest, _ child: String) -> Answer {
            let tags = numbers.map { "\"t\($0)\"" }.joined(separator: ",")
            let manifest = #""\#(digest)":{"tag":[\#(tags)],"mediaType":"x","imageSizeBytes":"1"}"#
            return .json(#"{"name":"team/app","child":["\#(child)"],"tags":[\#(tags)],"manifest":{\#(manifest)}}"#)
        }
        let wire = wire([
            "list?n=1000": page(0..<1000, digests[0], "a"), "list?n=1000&last=t999": page(1000..<1200, digests[1], "b"),
        ])
        let listing = try await RegistryNetwork(wire).store("r.io").listing(of: .app)
        #expect(listing.tags.count == 1200 && listing.children == ["a", "b"])
        #expect(Set(listing.manifests?.map(\.digest) ?? []) == Set(digests))
        let google = ScriptedTransport { $0.url.path == "/v2/" ? .ok : .json(#"{"tags":["a"]}"#) }
        _ = try await RegistryNetwork(google).store("europe-docker.pkg.dev").tags(in: .app)
        #expect(google.conversation.last?.hasSuffix("tags/list?n=10000") == true)
    }

    @Test(arguments: [0, 1, 2]) func `no page's tags are lost if only one page has Google's members`(extended: Int)
        async throws
    {
        func page(_ number: Int) -> Answer {
            let members = number == extended ? #""child":["a"],"manifest":{},"# : ""
            let link = number < 2 ? "</v2/team/app/tags/list?n=1000&last=\(number)>; rel=next" : nil
            var answer = Answer.json(#"{\#(members)"tags":["t\#(number)","u\#(number)"]}"#)
            answer.headers["Link"] = link
            return answer
        }
        let wire = wire([
            "list?n=1000": page(0), "list?n=1000&last=0": page(1), "list?n=1000&last=1": page(2),
        ])
        let listing = try await RegistryNetwork(wire).store("r.io").listing(of: .app)
        #expect(Set(listing.tags.map(\.name)) == ["t0", "u0", "t1", "u1", "t2", "u2"] && listing.children == ["a"])
    }

    @Test func `a manifest of which a registry does not tell the type may be an index`() async throws {
        let types = [
            #""mediaType":"\#(MediaType.ociIndex.essence)","#, "", #""mediaType":"\#(MediaType.ociManifest.essence)","#,
        ]
        let manifests = types.enumerated().map { number, type in
            #""\#(ContentHash.digest(of: [UInt8(number)]))":{\#(type)"tag":["t\#(number)"]}"#
        }
        let wire = wire([
            "list?n=1000": .json(#"{"tags":["t0","t1","t2"],"manifest":{\#(manifests.joined(separator: ","))}}"#)
        ])
        let listing = try await RegistryNetwork(wire).store("r.io").listing(of: .app)
        let indexes = listing.manifests?.filter(\.mayBeIndex).flatMap(\.tags).map(\.name)
        #expect(indexes?.sorted() == ["t0", "t1"])
    }

    @Test func `a registry that repeats its full page is asked once more and no further`() async throws {
        let first = (0..<1000).map { "t\($0)" }
        let wire = wire(["list?n=1000": page(first), "list?n=1000&last=t999": page(first)])
        #expect(try await tags(wire).count == 1000)
        #expect(wire.requests.count == 3)
    }

    @Test(.covers("T03")) func `pages that lead in a circle are noticed`() async throws {
        let next = "</v2/team/app/tags/list?n=1000>; rel=next"
        let wire = wire(["list?n=1000": page(["a"], link: next)])
        let failure = await failure { try await tags(wire) }
        #expect(failure?.message.contains("circle") == true)
        #expect(wire.requests.count == 3)
    }

    @Test(.covers("T03")) func `pages without end take no more memory than lists may`() async throws {
        let number = Mutex(0)
        let wire = ScriptedTransport { [page] request in
            guard request.url.path != "/v2/" else { return .ok }
            let first = number.withLock { number in
                defer { number += 1000 }
                return number
            }
            let tags = (first..<first + 1000).map { "t\($0)" }
            return page(tags, "</v2/team/app/tags/list?n=1000&last=\(first)>; rel=next")
        }
        var options = RegistryNetworkOptions.patient
        options.listBytes = 1 << 20
        let store = try RegistryNetwork(wire, options: options).store("r.io")
        let failure = await failure { try await store.tags(in: .app) }
        #expect(failure?.kind == .tooLarge)
        #expect(failure?.message.contains("the lists of this run take more than the 1 MiB") == true)
        #expect(number.withLock { $0 } < 20_000)
    }

    @Test func `a page larger than usual is asked for again, alone, and one larger than may be is refused`()
        async throws
    {
        let long = String(repeating: "x", count: 100)
        let all = (0..<6000).map { "\(long)\($0)" }
        let wire = wire(["list?n=1000": page(all), "list?n=1000&last=\(all[5999])": page([])])
        #expect(try await tags(wire).count == 6000)
        #expect(wire.requests.count == 4)
        var options = RegistryNetworkOptions.patient
        options.listBytes = 1 << 20
        let store = try RegistryNetwork(wire, options: options).store("r.io")
        #expect(await failure { try await store.tags(in: .app) }?.kind == .tooLarge)
    }

    @Test(.covers("T04"), arguments: ["{\"tags\":null}", "{\"tags\":[]}", "{}"])
    func `a repository without tags has none`(body: String) async throws {
        #expect(try await tags(wire(["list?n=1000": .json(body)])) == [])
    }

    @Test(arguments: ["<html>", "[]", "{\"tags\":[\"a\"],\"tags\":[\"b\"]}"])
    func `what is no list is an error`(body: String) async throws {
        let failure = await failure { try await tags(wire(["list?n=1000": .json(body)])) }
        #expect(failure?.kind == .invalid)
    }

    /// Each answers 200 where the second page of a list should be.
    @Test(arguments: [
        #"{"errors":[{"code":"UNKNOWN"}]}"#, #"{"name":"team/other","tags":["c"]}"#, #"{"name":"team/app"}"#, "{}",
        #"{"name":"team/app","tags":"c"}"#, #"{"name":"team/app","tags":["c",3]}"#, #"{"tags":{"c":{}}}"#,
        #"{"name":"team/app","tags":["c""#, "",
    ])
    func `what follows a page and is none makes the list fail`(second: String) async throws {
        var first = Answer.json(#"{"name":"team/app","tags":["a","b"]}"#)
        first.headers = ["Link": "<?last=b>; rel=next"]
        let wire = wire(["list?n=1000": first, "list?last=b": .json(second)])
        #expect(await failure { try await tags(wire) }?.kind == .invalid)
    }

    @Test(arguments: [
        (#"{"errors":[{"code":"UNKNOWN"}]}"#, false), (#"{"name":"team/other","tags":["a"]}"#, false),
        (#"{"name":"team","tags":["a"]}"#, false), (#"{"name":"storage/team/app","tags":["a"]}"#, true),
        (#"{"name":"app","tags":["a"]}"#, true), (#"{"name":"team/app","errors":[],"tags":["a"]}"#, true),
    ])
    func `a list is that of its repository, however much of the name its registry tells`(
        body: String, isList: Bool
    ) async throws {
        #expect((await failure { try await tags(wire(["list?n=1000": .json(body)])) } == nil) == isList)
    }

    @Test(arguments: ["errors", "html", "names"]) func `half a catalogue is none`(kind: String) async throws {
        var first = Answer.json(#"{"repositories":["a","b"]}"#)
        first.headers = ["Link": "</v2/_catalog?last=b>; rel=next"]
        let second: Answer =
            switch kind {
            case "errors": .json(#"{"errors":[{"code":"UNAUTHORIZED"}]}"#)
            case "html": Answer(status: 200, headers: ["Content-Type": "text/html"], body: "<html>")
            default: .json(#"{"repositories":[{"name":"c"}]}"#)
            }
        let wire = ScriptedTransport { [first] request in
            request.url.path == "/v2/" ? .ok : request.url.query == "last=b" ? second : first
        }
        let store = try RegistryNetwork(wire).store("r.io")
        #expect(await failure { try await store.repositories() } != nil)
    }

    @Test(.covers("T05")) func `a page size that is refused is made smaller`() async throws {
        let wire = wire([
            "list?n=1000": .json(#"{"errors":[{"code":"PAGINATION_NUMBER_INVALID"}]}"#, 400),
            "list?n=100": .json("{}", 400), "list": page(["a"]),
        ])
        #expect(try await tags(wire) == ["a"])
    }

    @Test(.covers("T09")) func `names that cannot be tags are left out, and that is said once`() async throws {
        var options = RegistryNetworkOptions.patient
        let sink = NoticeSink()
        options.notice = { sink.add($1.line(about: $0)) }
        let names = ["ok", "-x", "..", ".", "a/b", String(repeating: "a", count: 129), "\\u001b[2J", "_fine"]
        let wire = wire(["list?n=1000": page(names)])
        let store = try RegistryNetwork(wire, options: options).store("r.io")
        for _ in 0..<2 { #expect(try await store.tags(in: .app).map(\.name) == ["ok", "_fine"]) }
        #expect(sink.all == ["r.io: 6 tags of team/app have names that cannot be tags: left out"])
    }

    @Test func `pages over a socket`() async throws {
        try await withRegistry(habits: .ecr) { loopback in
            let image = SampleImage()
            for number in 1...3 { try await image.push(to: loopback.store, .app, tag: try Tag("v\(number)")) }
            #expect(try await loopback.store.tags(in: .app).count == 3)
        }
    }
}

/// Notices in the order they came.
final class NoticeSink: Sendable {
    private let notices = Mutex<[String]>([])

    var all: [String] { notices.withLock { $0 } }

    func add(_ notice: String) { notices.withLock { $0.append(notice) } }
}
