// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryServer
import Testing

struct ListTests {
    private func tagged(_ tags: [String], _ shelf: Shelf) async throws -> RegistryUnderTest {
        let registry = try RegistryUnderTest(shelf)
        let image = try await registry.image("web")
        let query = tags.map { "tag=\($0)" }.joined(separator: "&")
        try await registry.push(manifest: image, at: "\(image.digest())?\(query)")
        return registry
    }

    @Test(arguments: Shelf.allCases)
    func `lists tags in ASCII order`(shelf: Shelf) async throws {
        let registry = try await tagged(["b", "a", "B", "1.10", "1.9", "_"], shelf)
        let answer = try await registry.send(.GET, "/v2/app/tags/list")
        #expect(answer.json["name"] == "app")
        #expect(answer.json["tags"] == .array(["1.10", "1.9", "B", "_", "a", "b"]))
        #expect(answer["Link"] == nil)
    }

    @Test(arguments: Shelf.allCases)
    func `lists tags page by page until no link follows`(shelf: Shelf) async throws {
        let registry = try await tagged(["a", "b", "c", "d", "e"], shelf)
        var target = "/v2/app/tags/list?n=2"
        var pages: [JSON?] = []
        while true {
            let answer = try await registry.send(.GET, target)
            pages.append(answer.json["tags"])
            guard let link = answer["Link"] else { break }
            #expect(link.hasSuffix(">; rel=\"next\""))
            target = String(link.dropFirst().prefix { $0 != ">" })
        }
        #expect(pages == [.array(["a", "b"]), .array(["c", "d"]), .array(["e"])])
    }

    @Test(arguments: [
        ("n=0", JSON.array([])), ("n=2&last=b", .array(["c"])), ("last=a", .array(["b", "c"])),
        ("last=aa", .array(["b", "c"])), ("last=z", .array([])), ("n=3", .array(["a", "b", "c"])),
    ])
    func `honours n and last`(query: String, tags: JSON) async throws {
        let registry = try await tagged(["a", "b", "c"], .memory)
        let answer = try await registry.send(.GET, "/v2/app/tags/list?\(query)")
        #expect(answer.json["tags"] == tags)
        #expect(answer["Link"] == nil)
    }

    @Test func `refuses a count that is none`() async throws {
        let registry = try await tagged(["a"], .memory)
        #expect(try await registry.send(.GET, "/v2/app/tags/list?n=-1").status == 400)
        #expect(try await registry.send(.GET, "/v2/app/tags/list?n=many").status == 400)
    }

    @Test(arguments: Shelf.allCases)
    func `knows no tags of a repository that was never pushed to`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        _ = try await registry.open(in: "app")
        #expect(try await registry.send(.GET, "/v2/app/tags/list").codes == ["NAME_UNKNOWN"])
        try await registry.push(blob: "layer")
        #expect(try await registry.send(.GET, "/v2/app/tags/list").json["tags"] == .array([]))
    }

    @Test(arguments: Shelf.allCases)
    func `lists repositories that hold a manifest, page by page`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        for name in ["b", "a/deep/one", "a", "a-b"] {
            try await registry.push(manifest: try await registry.image("web", in: name), at: "v1", to: name)
        }
        try await registry.push(blob: "layer", to: "only/blobs")
        let first = try await registry.send(.GET, "/v2/_catalog?n=3")
        #expect(first.json["repositories"] == .array(["a", "a-b", "a/deep/one"]))
        #expect(first["Link"] == "</v2/_catalog?n=3&last=a%2Fdeep%2Fone>; rel=\"next\"")
        let second = try await registry.send(.GET, "/v2/_catalog?n=3&last=a%2Fdeep%2Fone")
        #expect(second.json["repositories"] == .array(["b"]))
        #expect(second["Link"] == nil)
    }
}
