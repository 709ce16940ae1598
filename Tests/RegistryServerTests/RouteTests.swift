// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryServer
import Testing

struct RouteTests {
    @Test(arguments: [
        ("/v2", RegistryRoute.base), ("/v2/", .base), ("/v2/_catalog", .catalog), ("/", .unknown), ("/v1/x", .unknown),
        ("/v2/x", .unknown), ("/v22/a/tags/list", .unknown), ("/v2/a/tags/other", .unknown),
        ("/v2/manifests/latest", .unknown), ("/v2/A/tags/list", .invalidName("A")),
        ("/v2//tags/list", .invalidName("")), ("/v2/a//b/tags/list", .invalidName("a//b")),
        ("/v2/a/../b/tags/list", .invalidName("a/../b")), ("/v2/a/_blobs/tags/list", .invalidName("a/_blobs")),
    ])
    func `reads a path`(path: String, route: RegistryRoute) { #expect(RegistryRoute(path: path) == route) }

    @Test func `reads names of several components, also where they look like verbs`() throws {
        let name = try #require(Repository(registryName: "a/blobs/uploads"))
        #expect(RegistryRoute(path: "/v2/a/blobs/uploads/manifests/v1") == .manifest(name, "v1"))
        #expect(RegistryRoute(path: "/v2/a/blobs/uploads/blobs/uploads/") == .uploads(name))
        #expect(RegistryRoute(path: "/v2/a/blobs/uploads/blobs/uploads") == .uploads(name))
        #expect(RegistryRoute(path: "/v2/a/blobs/uploads/blobs/uploads/id") == .upload(name, "id"))
        #expect(RegistryRoute(path: "/v2/a/blobs/uploads/tags/list") == .tags(name))
    }

    @Test(arguments: ["a", "a1", "a.b", "a_b", "a__b", "a-b", "a---b", "a/b/c", "0/1"])
    func `takes names of the specification`(name: String) { #expect(Repository(registryName: name) != nil) }

    @Test(arguments: ["", "A", "a..b", "a___b", "a.-b", "_a", "a_", "-a", "a/", "/a", ".", "..", "a b", "ä"])
    func `refuses other names`(name: String) { #expect(Repository(registryName: name) == nil) }

    @Test(arguments: [("a=1&b=2", ["1"]), ("a=1&a=2", ["1", "2"]), ("a", [""]), ("b", []), ("a=x%2By+z", ["x+y z"])])
    func `reads a query`(text: String, values: [String]) { #expect(RequestQuery(text).all("a") == values) }

    @Test(arguments: [("a%3Ab", "a:b"), ("%zz", "%zz"), ("%", "%"), ("%C3%A4", "ä"), ("a+b", "a+b")])
    func `decodes a path`(text: String, decoded: String) {
        #expect(PercentEncoding.decode(text, plusIsBlank: false) == decoded)
    }

    @Test func `answers unknown paths and methods with what the specification has for them`() async throws {
        let registry = try RegistryUnderTest()
        #expect(try await registry.send(.GET, "/elsewhere").status == 404)
        #expect(try await registry.send(.GET, "/v2/A/tags/list").codes == ["NAME_INVALID"])
        let answer = try await registry.send(.POST, "/v2/app/tags/list")
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "GET, HEAD")
        #expect(try await registry.send(.GET, "/v2/").status == 200)
    }
}
