// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryServer
import Testing

struct ManifestTests {
    @Test(arguments: Shelf.allCases)
    func `gives back the exact bytes by tag and by digest`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let image = try await registry.image("web") + "\n \n"
        let put = try await registry.push(manifest: image, at: "v1")
        #expect(put.status == 201)
        #expect(put["Location"] == "/v2/app/manifests/\(image.digest())")
        #expect(put["Docker-Content-Digest"] == image.digest().text)
        for reference in ["v1", image.digest().text] {
            let answer = try await registry.send(.GET, "/v2/app/manifests/\(reference)")
            #expect(answer.text == image)
            #expect(answer["Content-Type"] == MediaType.ociManifest.essence)
            #expect(answer["Docker-Content-Digest"] == image.digest().text)
            #expect(try await registry.send(.HEAD, "/v2/app/manifests/\(reference)").status == 200)
        }
    }

    @Test(arguments: Shelf.allCases)
    func `moves a tag and keeps the manifest it left`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let (old, new) = (try await registry.image("old"), try await registry.image("new"))
        try await registry.push(manifest: old, at: "v1")
        try await registry.push(manifest: new, at: "v1")
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1").text == new)
        #expect(try await registry.send(.GET, "/v2/app/manifests/\(old.digest())").text == old)
    }

    @Test(arguments: Shelf.allCases)
    func `takes nested indexes, children first`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let image = try await registry.image("web")
        let inner = String.index(of: [image])
        let outer = String.index(of: [inner])
        let early = try await registry.push(manifest: inner, at: "v1")
        #expect(early.status == 400)
        #expect(early.codes == ["MANIFEST_BLOB_UNKNOWN"])
        for manifest in [image, inner, outer] {
            #expect(try await registry.push(manifest: manifest).status == 201)
        }
    }

    @Test func `takes an index in part when references are not checked`() async throws {
        var limits = RegistryLimits()
        limits.checksReferences = false
        let registry = try RegistryUnderTest(limits: limits)
        let image = try await registry.image("web")
        #expect(try await registry.push(manifest: .index(of: [image]), at: "v1").status == 201)
    }

    @Test(arguments: Shelf.allCases)
    func `takes manifests named by sha512, alone and in an index`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let image = try await registry.image("web")
        let digest = image.digest(.sha512)
        #expect(try await registry.push(manifest: image, at: digest.text)["Docker-Content-Digest"] == digest.text)
        #expect(try await registry.push(manifest: .index(of: [image], .sha512), at: "v1").status == 201)
        #expect(try await registry.send(.GET, "/v2/app/manifests/\(digest)").text == image)
        #expect(try await registry.send(.GET, "/v2/app/manifests/\(image.digest())").status == 404)
    }

    @Test(arguments: Shelf.allCases)
    func `sets every tag of the tag parameter and lists them`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let image = try await registry.image("web")
        let answer = try await registry.push(manifest: image, at: "\(image.digest())?tag=1&tag=1.2&tag=latest")
        #expect(answer.status == 201)
        #expect(answer.headers["OCI-Tag"] == ["1", "1.2", "latest"])
        #expect(try await registry.send(.GET, "/v2/app/manifests/1.2").text == image)
    }

    @Test func `refuses too many tags, and tags that are none, before anything is stored`() async throws {
        let registry = try RegistryUnderTest()
        let image = try await registry.image("web")
        let many = (0...100).map { "tag=t\($0)" }.joined(separator: "&")
        #expect(try await registry.push(manifest: image, at: "\(image.digest())?\(many)").status == 414)
        #expect(try await registry.push(manifest: image, at: "\(image.digest())?tag=ok&tag=-x").status == 400)
        #expect(try await registry.send(.GET, "/v2/app/manifests/\(image.digest())").status == 404)
    }

    @Test func `refuses a manifest at a digest that is not its own`() async throws {
        let registry = try RegistryUnderTest()
        let image = try await registry.image("web")
        let answer = try await registry.push(manifest: image, at: "other".digest().text)
        #expect(answer.status == 400)
        #expect(answer.codes == ["DIGEST_INVALID"])
    }

    @Test func `names every blob a manifest misses`() async throws {
        let registry = try RegistryUnderTest()
        let (config, layer) = ("c".digest(), "l".digest())
        let image = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":"a/b","digest":"\(config)",\
            "size":1},"layers":[{"mediaType":"a/c","digest":"\(layer)","size":1},\
            {"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar","digest":"\("n".digest())","size":1}]}
            """
        let answer = try await registry.push(manifest: image, at: "v1")
        #expect(answer.codes == ["MANIFEST_BLOB_UNKNOWN", "MANIFEST_BLOB_UNKNOWN"])
        let digests = answer.json["errors"]?.array?.compactMap { $0["detail"]?["digest"]?.string }
        #expect(digests == [config.text, layer.text])
    }

    @Test(arguments: [
        ("not JSON", ""), ("[]", ""), ("{}x", ""),
        (#"{"mediaType":"\#(MediaType.ociIndex)","manifests":[]}"#, MediaType.ociManifest.essence),
        (#"{"manifests":[],"layers":[]}"#, ""), (#"{"mediaType":"a/b\r\nX-Evil: 1"}"#, ""),
        (#"{"layers":1,"config":{}}"#, MediaType.ociManifest.essence),
    ])
    func `refuses what is no manifest, or two`(body: String, type: String) async throws {
        let answer = try await RegistryUnderTest().send(
            .PUT, "/v2/app/manifests/v1", headers: type.isEmpty ? [:] : ["Content-Type": type], body: body)
        #expect(answer.status == 400)
        #expect(answer.codes == ["MANIFEST_INVALID"])
    }

    @Test func `refuses a manifest over the limit with 413 and takes one at the limit`() async throws {
        let registry = try RegistryUnderTest()
        let image = try await registry.image("web")
        let limit = RegistryLimits().manifestSize
        let full = image + String(repeating: " ", count: limit - image.utf8.count)
        #expect(try await registry.push(manifest: full, at: "v1").status == 201)
        #expect(try await registry.push(manifest: full + " ", at: "v1").status == 413)
        let endless = RegistryRequest(.PUT, "/v2/app/manifests/v1", body: .arriving([full, " "]))
        #expect(try await registry.send(endless).status == 413)
    }

    @Test(arguments: ["-x", ".x", "a:b", String(repeating: "t", count: 129), "a%20b"])
    func `refuses references that are neither tag nor digest`(reference: String) async throws {
        #expect(try await RegistryUnderTest().send(.GET, "/v2/app/manifests/\(reference)").status == 400)
    }

    @Test(arguments: Shelf.allCases)
    func `deletes a tag without its manifest`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let image = try await registry.image("web")
        try await registry.push(manifest: image, at: "v1")
        #expect(try await registry.send(.DELETE, "/v2/app/manifests/v1").status == 202)
        #expect(try await registry.send(.DELETE, "/v2/app/manifests/v1").status == 404)
        #expect(try await registry.send(.GET, "/v2/app/manifests/\(image.digest())").text == image)
    }

    @Test(arguments: Shelf.allCases)
    func `deletes a manifest with its tags and leaves other tags alone`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let (image, other) = (try await registry.image("web"), try await registry.image("other"))
        try await registry.push(manifest: image, at: "\(image.digest())?tag=a&tag=b")
        try await registry.push(manifest: other, at: "c")
        #expect(try await registry.send(.DELETE, "/v2/app/manifests/\(image.digest())").status == 202)
        #expect(try await registry.send(.DELETE, "/v2/app/manifests/\(image.digest())").status == 404)
        #expect(try await registry.send(.GET, "/v2/app/manifests/a").codes == ["MANIFEST_UNKNOWN"])
        #expect(try await registry.send(.GET, "/v2/app/tags/list").json["tags"] == .array(["c"]))
    }
}
