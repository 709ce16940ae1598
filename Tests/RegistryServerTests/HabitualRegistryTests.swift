// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

struct HabitualRegistryTests {
    private func registry(_ habits: RegistryHabits) throws -> RegistryUnderTest {
        try RegistryUnderTest { HabitualRegistry($0, habits) }
    }

    @Test func `counts pulls as Docker Hub does and refuses in its words`() async throws {
        let registry = try registry(.dockerHub(pullLimit: 2))
        try await registry.push(manifest: try await registry.image("web"), at: "v1")
        let target = "/v2/app/manifests/v1"
        #expect(try await registry.send(.HEAD, target)["ratelimit-remaining"] == "2;w=21600")
        #expect(try await registry.send(.GET, target)["ratelimit-remaining"] == "1;w=21600")
        #expect(try await registry.send(.GET, target)["ratelimit-limit"] == "2;w=21600")
        let refused = try await registry.send(.GET, target)
        #expect(refused.status == 429)
        #expect(refused.text.hasPrefix("toomanyrequests: "))
        #expect(try await registry.send(.HEAD, target).status == 200)
    }

    @Test func `refuses chunks and hands out long locations as Google does`() async throws {
        let registry = try registry(.artifactRegistry)
        let location = try await registry.open()
        #expect(location.utf8.count > 7_000)
        let chunk = try await registry.send(.PATCH, location, headers: ["Content-Range": "0-4"], body: "hello")
        #expect(chunk.status == 400)
        let closed = try await registry.send(.PUT, "\(location)&digest=\("hello".digest())", body: "hello")
        #expect(closed.status == 201)
    }

    @Test func `answers chunks as ECR does`() async throws {
        let registry = try registry(.ecr)
        let location = try await registry.open()
        let big = String(repeating: "x", count: 5 << 20)
        let first = try await registry.send(.PATCH, location, body: big)
        #expect(first.status == 201)
        #expect(first["Range"] == "0-5242879")
        #expect(try await registry.send(.PATCH, location, body: "small")["Range"] == "0-5242879")
        #expect(try await registry.send(.PATCH, location, body: big).status == 400)
        let image = try await registry.image("web")
        #expect(try await registry.push(manifest: image, at: "v1")["Location"] == nil)
        #expect(try await registry.send(.GET, "/v2/app/tags/list?n=1001").status == 400)
        #expect(try await registry.send(.POST, "/v2/b/blobs/uploads/?mount=\("x".digest())&from=app").status == 202)
    }

    @Test func `limits ranged bodies and knows no referrers as GitHub does`() async throws {
        let registry = try registry(.ghcr)
        let location = try await registry.open()
        let body = String(repeating: "x", count: (4 << 20) + 1)
        let ranged = try await registry.send(
            .PATCH, location, headers: ["Content-Range": "0-\(body.utf8.count - 1)"], body: body)
        #expect(ranged.status == 416)
        #expect(try await registry.send(.PUT, "\(location)?digest=\(body.digest())", body: body).status == 201)
        #expect(try await registry.send(.GET, "/v2/app/referrers/\("s".digest())").status == 404)
        let referrer = try await registry.image("sbom", subject: "s".digest())
        #expect(try await registry.push(manifest: referrer)["OCI-Subject"] == nil)
    }

    @Test func `leaves out what the reference registry leaves out`() async throws {
        let registry = try registry(.distribution)
        #expect(
            try await registry.send(.POST, "/v2/app/blobs/uploads/?digest=\("x".digest())", body: "x").status == 202)
        let location = try await registry.open()
        let digest = "{\"name\":\"web\"}".digest()
        try await registry.send(.PUT, "\(location)?digest=\(digest)", body: "{\"name\":\"web\"}")
        #expect(try await registry.send(.POST, "/v2/b/blobs/uploads/?mount=\(digest)").status == 202)
        #expect(try await registry.send(.POST, "/v2/b/blobs/uploads/?mount=\(digest)&from=app").status == 201)
        let image = try await registry.image("web")
        let put = try await registry.push(manifest: image, at: "\(image.digest())?tag=v1")
        #expect(put["OCI-Tag"] == nil)
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1").status == 404)
    }

    @Test func `refuses mounts, missing manifests and large bodies as others do`() async throws {
        let mount = "/v2/app/blobs/uploads/?mount=\("x".digest())&from=lib"
        #expect(try await registry(.harbor).send(.POST, mount).status == 401)
        #expect(try await registry(.artifactory).send(.GET, "/v2/app/manifests/v1").status == 403)
        let cloudflare = try registry(.cloudflare)
        let large = RegistryRequest(
            .PUT, try await cloudflare.open(),
            body: RequestBody(length: 100_000_001, RequestBody.arriving([])))
        #expect(try await cloudflare.send(large).status == 413)
    }

    @Test func `keeps a tag once it is there where tags are immutable`() async throws {
        var habits = RegistryHabits()
        habits.tagsAreImmutable = true
        let registry = try registry(habits)
        let image = try await registry.image("web")
        #expect(try await registry.push(manifest: image, at: "v1").status == 201)
        #expect(try await registry.push(manifest: image, at: "v1").status == 400)
        #expect(try await registry.push(manifest: image).status == 201)
    }

    @Test func `mounts only what a manifest lists, where that is the habit`() async throws {
        var habits = RegistryHabits.ecr
        habits.mountAnswer = .asAsked
        let registry = try registry(habits)
        let image = try await registry.image("web")
        let digest = "{\"name\":\"web\"}".digest()
        let mount = "/v2/b/blobs/uploads/?mount=\(digest)&from=app"
        #expect(try await registry.send(.POST, mount).status == 202)
        try await registry.push(manifest: image, at: "v1")
        #expect(try await registry.send(.POST, mount).status == 201)
    }

    @Test func `knows blobs late at every other replica, and writes nothing until its time has come`() async throws {
        let time = Mutex(Duration.zero)
        let now: @Sendable () -> Duration = { time.withLock { $0 } }
        let lagging = try RegistryUnderTest { HabitualRegistry($0, .harborReplicas, now: now) }
        let image = try await lagging.image("web")
        #expect(try await lagging.push(manifest: image, at: "v1").codes == ["MANIFEST_BLOB_UNKNOWN"])
        #expect(try await lagging.push(manifest: image, at: "v1").status == 201)
        let blob = "/v2/app/blobs/\("{\"name\":\"web\"}".digest())"
        #expect(try await lagging.send(.HEAD, blob).status == 404)
        time.withLock { $0 = .seconds(3) }
        for _ in 0..<2 { #expect(try await lagging.send(.HEAD, blob).status == 200) }

        let resting = try RegistryUnderTest {
            HabitualRegistry($0, .digitalOcean(refusesWritesUntil: .seconds(9)), now: now)
        }
        #expect(try await resting.send(.POST, "/v2/app/blobs/uploads/").status == 503)
        #expect(try await resting.send(.GET, "/v2/").status == 200)
        time.withLock { $0 = .seconds(9) }
        #expect(try await resting.send(.POST, "/v2/app/blobs/uploads/").status == 202)
    }

    @Test func `announces the size of its chunks, and wants no Accept where it sends no manifest`() async throws {
        var habits = RegistryHabits.artifactory
        habits.announcedChunks = 5...9
        let registry = try registry(habits)
        let session = try await registry.send(.POST, "/v2/app/blobs/uploads/")
        #expect(session["OCI-Chunk-Min-Length"] == "5" && session["OCI-Chunk-Max-Length"] == "9")
        #expect(try await registry.send(.GET, "/v2/app/tags/list", headers: ["Accept": "*/*"]).status == 406)
    }
}
