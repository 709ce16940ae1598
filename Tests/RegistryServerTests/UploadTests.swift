// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryServer
import Testing

struct UploadTests {
    @Test(arguments: Shelf.allCases)
    func `takes a blob in a session closed by one PUT`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        let digest = "hello".digest()
        let closed = try await registry.send(.PUT, "\(location)?digest=\(digest)", body: "hello")
        #expect(closed.status == 201)
        #expect(closed["Location"] == "/v2/app/blobs/\(digest)")
        #expect(closed["Docker-Content-Digest"] == digest.text)
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "hello")
    }

    @Test(arguments: Shelf.allCases, Digest.Algorithm.allCases)
    func `takes a blob in a single POST`(shelf: Shelf, algorithm: Digest.Algorithm) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = "hello".digest(algorithm)
        let answer = try await registry.send(.POST, "/v2/app/blobs/uploads/?digest=\(digest)", body: "hello")
        #expect(answer.status == 201)
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "hello")
    }

    @Test(arguments: Shelf.allCases)
    func `takes the empty blob`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let digest = try await registry.push(blob: "")
        let answer = try await registry.send(.GET, "/v2/app/blobs/\(digest)")
        #expect(answer.status == 200)
        #expect(answer.text.isEmpty)
    }

    @Test(arguments: Shelf.allCases)
    func `appends chunks and says how far it is`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        let first = try await registry.send(.PATCH, location, headers: ["Content-Range": "0-2"], body: "abc")
        #expect(first.status == 202)
        #expect(first["Range"] == "0-2")
        let second = try await registry.send(.PATCH, location, headers: ["Content-Range": "3-5"], body: "def")
        #expect(second["Range"] == "0-5")
        let status = try await registry.send(.GET, location)
        #expect(status.status == 204)
        #expect(status["Range"] == "0-5")
        #expect(status["Location"] == location)
        let digest = "abcdefgh".digest()
        let last = try await registry.send(
            .PUT, "\(location)?digest=\(digest)", headers: ["Content-Range": "6-7"], body: "gh")
        #expect(last.status == 201)
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "abcdefgh")
    }

    @Test(arguments: Shelf.allCases)
    func `refuses a chunk out of order with 416 and keeps the session`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        try await registry.send(.PATCH, location, headers: ["Content-Range": "0-2"], body: "abc")
        for range in ["0-2", "2-4", "5-7"] {
            let refused = try await registry.send(.PATCH, location, headers: ["Content-Range": range], body: "xyz")
            #expect(refused.status == 416)
            #expect(refused["Range"] == "0-2")
            #expect(refused["Location"] == location)
        }
        let closing = try await registry.send(
            .PUT, "\(location)?digest=\("abcd".digest())", headers: ["Content-Range": "5-5"], body: "d")
        #expect(closing.status == 416)
        let rest = try await registry.send(
            .PUT, "\(location)?digest=\("abcd".digest())", headers: ["Content-Range": "3-3"], body: "d")
        #expect(rest.status == 201)
    }

    @Test(arguments: ["3", "a-b", "5-3", "-1-3", "bytes 0-2/3"])
    func `refuses a Content-Range that is none`(range: String) async throws {
        let registry = try RegistryUnderTest()
        let answer = try await registry.send(
            .PATCH, try await registry.open(), headers: ["Content-Range": range], body: "abc")
        #expect(answer.status == 400)
    }

    @Test(arguments: Shelf.allCases)
    func `drops a chunk that is not as long as its range`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        try await registry.send(.PATCH, location, body: "abc")
        let answer = try await registry.send(
            RegistryRequest(.PATCH, location, headers: ["Content-Range": "3-4"], body: .arriving(["d", "ef"])))
        #expect(answer.status == 400)
        #expect(answer.codes == ["SIZE_INVALID"])
        #expect(try await registry.send(.GET, location)["Range"] == "0-2")
        let digest = "abcz".digest()
        #expect(try await registry.send(.PUT, "\(location)?digest=\(digest)", body: "z").status == 201)
    }

    @Test(arguments: Shelf.allCases)
    func `keeps what arrived before the connection broke`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        let broken = try await registry.send(
            RegistryRequest(.PATCH, location, body: .arriving(["abc", "de"], interrupted: true)))
        #expect(broken.response.cut != nil)
        #expect(try await registry.send(.GET, location)["Range"] == "0-4")
        let digest = "abcdef".digest()
        let rest = try await registry.send(
            .PUT, "\(location)?digest=\(digest)", headers: ["Content-Range": "5-5"], body: "f")
        #expect(rest.status == 201)
    }

    @Test(arguments: Shelf.allCases)
    func `commits nothing whose digest is another`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        let wrong = "other".digest()
        let answer = try await registry.send(.PUT, "\(location)?digest=\(wrong)", body: "hello")
        #expect(answer.status == 400)
        #expect(answer.codes == ["DIGEST_INVALID"])
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(wrong)").status == 404)
        #expect(try await registry.send(.GET, "/v2/app/blobs/\("hello".digest())").status == 404)
        #expect(try await registry.send(.GET, location).codes == ["BLOB_UPLOAD_UNKNOWN"])
        #expect(try await registry.send(.POST, "/v2/app/blobs/uploads/?digest=\(wrong)", body: "hello").status == 400)
    }

    @Test(arguments: Shelf.allCases)
    func `hashes again when the digest is of another algorithm than announced`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        let digest = "hello".digest(.sha512)
        #expect(try await registry.send(.PUT, "\(location)?digest=\(digest)", body: "hello").status == 201)
        let announced = try await registry.send(.POST, "/v2/app/blobs/uploads/?digest-algorithm=sha512")
        let other = "world".digest(.sha512)
        let closed = try await registry.send(.PUT, "\(announced["Location"] ?? "")?digest=\(other)", body: "world")
        #expect(closed.status == 201)
        #expect(closed["Docker-Content-Digest"] == other.text)
    }

    @Test(arguments: [
        "/v2/app/blobs/uploads/?digest=sha256:abc", "/v2/app/blobs/uploads/?digest=md5:abc",
        "/v2/app/blobs/uploads/?digest-algorithm=md5", "/v2/app/blobs/uploads/?mount=nonsense&from=lib",
    ])
    func `refuses digests it cannot check`(target: String) async throws {
        let answer = try await RegistryUnderTest().send(.POST, target, body: "hello")
        #expect(answer.status == 400)
        #expect(answer.codes == ["DIGEST_INVALID"])
    }

    @Test(arguments: Shelf.allCases)
    func `cancels a session`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open()
        try await registry.send(.PATCH, location, body: "abc")
        #expect(try await registry.send(.DELETE, location).status == 204)
        for method in [RegistryRequest(.GET, location).method, .PATCH, .DELETE] {
            #expect(try await registry.send(method, location).codes == ["BLOB_UPLOAD_UNKNOWN"])
        }
    }

    @Test(arguments: Shelf.allCases)
    func `knows a session only in its own repository`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let location = try await registry.open(in: "app")
        let elsewhere = "/v2/other/blobs/uploads/" + (location.split(separator: "/").last ?? "")
        #expect(try await registry.send(.GET, elsewhere).status == 404)
        #expect(try await registry.send(.PATCH, elsewhere, body: "abc").status == 404)
        #expect(try await registry.send(.GET, "/v2/app/blobs/uploads/..%2F..%2Flock").status == 404)
    }

    @Test(arguments: Shelf.allCases)
    func `drops sessions nobody writes to any more, also under a writer`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let repository = try #require(Repository(registryName: "app"))
        let id = try await registry.storage.beginUpload(in: repository, .sha256)
        let writer = try #require(try await registry.storage.writer(for: id, in: repository))
        try await registry.storage.dropUploads(untouchedSince: .zero)
        #expect(try await registry.storage.uploadSize(id, in: repository) == 0)
        try await registry.storage.dropUploads(untouchedSince: .seconds(1 << 40))
        #expect(try await registry.storage.uploadSize(id, in: repository) == nil)
        await #expect(throws: UploadTakenOver.self) { try await writer.append(ByteBuffer(string: "late")) }
    }

    @Test(arguments: [
        (UInt128.min, "00000000-0000-4000-8000-000000000000"), (.max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
        (0x0011_2233_4455_6677_8899_aabb_ccdd_eeff, "00112233-4455-4677-8899-aabbccddeeff"),
    ])
    func `names a session by a UUID of version 4`(random: UInt128, uuid: String) throws {
        #expect(UploadID(.sha256, random: random).text == uuid)
        let other = UploadID(.sha512, random: random)
        #expect(other.text == "\(uuid)-sha512")
        #expect(UploadID(other.text) == other)
    }

    @Test(arguments: Shelf.allCases)
    func `lets a new request take a session over from a broken one`(shelf: Shelf) async throws {
        let registry = try RegistryUnderTest(shelf)
        let repository = try #require(Repository(registryName: "app"))
        let id = try await registry.storage.beginUpload(in: repository, .sha256)
        let first = try #require(try await registry.storage.writer(for: id, in: repository))
        try await first.append(ByteBuffer(string: "abc"))
        let second = try #require(try await registry.storage.writer(for: id, in: repository))
        await #expect(throws: UploadTakenOver.self) { try await first.append(ByteBuffer(string: "x")) }
        try await second.append(ByteBuffer(string: "def"))
        #expect(try await second.commit(as: "abcdef".digest()))
        await #expect(throws: UploadTakenOver.self) { _ = try await first.commit(as: "abcdef".digest()) }
    }
}
