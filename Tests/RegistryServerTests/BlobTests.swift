// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Testing

struct BlobTests {
    @Test(arguments: Shelf.allCases)
    func `describes a blob in the answer to HEAD`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "0123456789")
        let answer = try await registry.send(.HEAD, "/v2/app/blobs/\(digest)")
        #expect(answer.status == 200)
        #expect(answer.response.announcedLength == 10)
        #expect(answer["Docker-Content-Digest"] == digest.text)
    }

    @Test(
        arguments: [
            ("bytes=0-3", "0123", "bytes 0-3/10"), ("bytes=4-", "456789", "bytes 4-9/10"),
            ("bytes=-3", "789", "bytes 7-9/10"), ("bytes=8-100", "89", "bytes 8-9/10"),
            ("bytes=-100", "0123456789", "bytes 0-9/10"),
        ], Shelf.allCases)
    func `sends the range asked for`(row: (range: String, text: String, contentRange: String), shelf: Shelf)
        async throws
    {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "0123456789")
        let answer = try await registry.send(.GET, "/v2/app/blobs/\(digest)", headers: ["Range": row.range])
        #expect(answer.status == 206)
        #expect(answer.text == row.text)
        #expect(answer["Content-Range"] == row.contentRange)
    }

    @Test(arguments: ["bytes=10-", "bytes=5-4", "bytes=-0", "bytes=99-100"])
    func `refuses a range outside the blob`(range: String) async throws {
        let registry = try RegistryUnderTest()
        let digest = try await registry.push(blob: "0123456789")
        let answer = try await registry.send(.GET, "/v2/app/blobs/\(digest)", headers: ["Range": range])
        #expect(answer.status == 416)
        #expect(answer["Content-Range"] == "bytes */10")
    }

    @Test(arguments: ["bytes=0-1,3-4", "lines=0-3", "bytes=a-b", "bytes=+1-2", "bytes=99999999999999999999-", "bytes="])
    func `sends everything where it does not understand the range`(range: String) async throws {
        let registry = try RegistryUnderTest()
        let digest = try await registry.push(blob: "0123456789")
        let answer = try await registry.send(.GET, "/v2/app/blobs/\(digest)", headers: ["Range": range])
        #expect(answer.status == 200)
        #expect(answer.text == "0123456789")
    }

    @Test func `sends everything where the range is for other content`() async throws {
        let registry = try RegistryUnderTest()
        let digest = try await registry.push(blob: "0123456789")
        let target = "/v2/app/blobs/\(digest)"
        let other = try await registry.send(.GET, target, headers: ["Range": "bytes=1-2", "If-Range": "\"x\""])
        #expect(other.status == 200)
        let same = try await registry.send(.GET, target, headers: ["Range": "bytes=1-2", "If-Range": "\"\(digest)\""])
        #expect(same.text == "12")
    }

    @Test func `sends nothing the client has already`() async throws {
        let registry = try RegistryUnderTest()
        let digest = try await registry.push(blob: "0123456789")
        let answer = try await registry.send(
            .GET, "/v2/app/blobs/\(digest)", headers: ["If-None-Match": "\"\(digest)\""])
        #expect(answer.status == 304)
        #expect(answer.text.isEmpty)
    }

    @Test(arguments: Shelf.allCases)
    func `takes a deleted blob out of one repository only`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "layer", to: "lib")
        try await registry.push(blob: "layer", to: "app")
        #expect(try await registry.send(.DELETE, "/v2/lib/blobs/\(digest)").status == 202)
        #expect(try await registry.send(.DELETE, "/v2/lib/blobs/\(digest)").status == 404)
        #expect(try await registry.send(.GET, "/v2/lib/blobs/\(digest)").status == 404)
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "layer")
        try await registry.send(.DELETE, "/v2/app/blobs/\(digest)")
        #expect(try await registry.send(.POST, "/v2/new/blobs/uploads/?mount=\(digest)").status == 202)
    }

    @Test(arguments: Shelf.allCases)
    func `sends a blob to its end although it was deleted meanwhile`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "0123456789")
        let opened = await registry.responder.respond(to: RegistryRequest(.GET, "/v2/app/blobs/\(digest)"))
        try await registry.send(.DELETE, "/v2/app/blobs/\(digest)")
        #expect(String(buffer: try opened.body.collected()) == "0123456789")
    }

    @Test(arguments: ["sha256:abc", "sha256:../../lock", "md5:d41d8cd98f00b204e9800998ecf8427e", "latest"])
    func `refuses what is no digest`(text: String) async throws {
        let escaped = PercentEncoding.encode(text).replacing("%2F", with: "%252F")
        let answer = try await RegistryUnderTest().send(.GET, "/v2/app/blobs/\(escaped)")
        #expect(answer.status == 400)
        #expect(answer.codes == ["DIGEST_INVALID"])
    }
}
