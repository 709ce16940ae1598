// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import OCI
import RegistryFaults
import RegistryServer
import Synchronization
import Testing

/// Bytes that changed on disk while no registry ran.
struct DamageTests {
    private let folder: TemporaryFolder
    private let reports = Reports()

    private final class Reports: Sendable {
        let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
    }

    init() throws { folder = try TemporaryFolder() }

    private func start() throws -> RegistryUnderTest {
        RegistryUnderTest(
            storage: try folder.opened { [reports] line in reports.lines.withLock { $0.append(line) } })
    }

    /// Pushes, and changes what is on disk afterwards.
    private func damage(_ suffix: Substring, _ text: String, after push: (RegistryUnderTest) async throws -> Void)
        async throws
    {
        try await push(try start())
        let name = try #require(try folder.files().first { $0.hasSuffix(suffix) })
        try folder.write(text, to: name)
    }

    @Test func `refuses a damaged blob, says so, and is mended by a push`() async throws {
        let digest = "layer".digest()
        try await damage(digest.hex, "lAyer") { _ = try await $0.push(blob: "layer") }
        let registry = try start()
        for range in [[:], ["Range": "bytes=0-1"]] as [HTTPHeaders] {
            let answer = try await registry.send(.GET, "/v2/app/blobs/\(digest)", headers: range)
            #expect(answer.status == 500)
            #expect(answer.text.contains("damaged on its disk: push it again"))
        }
        #expect(reports.all.count == 1)
        #expect(reports.all.first?.hasPrefix("\(digest) is damaged on disk: the bytes of ") == true)
        #expect(try await registry.send(.HEAD, "/v2/app/blobs/\(digest)").status == 404)
        #expect(try await registry.send(.POST, "/v2/b/blobs/uploads/?mount=\(digest)&from=app").status == 202)
        try await registry.push(blob: "layer")
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "layer")
        #expect(try await registry.send(.POST, "/v2/b/blobs/uploads/?mount=\(digest)&from=app").status == 201)
    }

    @Test func `damage that nobody has read yet is found before a blob is mounted, and a push takes its place`()
        async throws
    {
        let digest = "layer".digest()
        try await damage(digest.hex, "lAyer") { _ = try await $0.push(blob: "layer") }
        #expect(try await start().send(.POST, "/v2/b/blobs/uploads/?mount=\(digest)&from=app").status == 202)
        let registry = try start()
        try await registry.push(blob: "layer")
        #expect(try await registry.send(.GET, "/v2/app/blobs/\(digest)").text == "layer")
        #expect(try await registry.send(.POST, "/v2/b/blobs/uploads/?mount=\(digest)&from=app").status == 201)
        #expect(try await registry.send(.GET, "/v2/b/blobs/\(digest)").text == "layer")
    }

    @Test func `breaks off a large blob before its last bytes, and refuses it from then on`() async throws {
        let blob = String(repeating: "0123456789abcdef", count: 200_000)
        try await damage(blob.digest().hex, "X" + blob.dropFirst()) { _ = try await $0.push(blob: blob) }
        var configuration = RegistryConfiguration(storage: .existing(try start().storage))
        configuration.host = "127.0.0.1"
        let server = try await RegistryServer.start(configuration)
        let request = "GET /v2/app/blobs/\(blob.digest()) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        try await RawConnection.with(port: server.port) { client in
            try await client.send(request)
            let (text, _) = await client.readToEnd()
            #expect(text.hasPrefix("HTTP/1.1 200 OK"))
            #expect(text.contains("Content-Length: 3200000\r\n"))
            #expect(text.utf8.count < 3_200_000)
        }
        try await RawConnection.with(port: server.port) { client in
            try await client.send(request)
            #expect(await client.readToEnd().text.hasPrefix("HTTP/1.1 500"))
        }
        await server.shutdown(grace: .zero)
    }

    @Test func `serves a large blob that is whole, the first time and the next`() async throws {
        let blob = String(repeating: "0123456789abcdef", count: 200_000)
        try await start().push(blob: blob)
        let server = try await RegistryServer.start(RegistryConfiguration(storage: .disk(path: folder.closed())))
        for _ in 1...2 {
            try await RawConnection.with(port: server.port) { client in
                try await client.send(
                    "GET /v2/app/blobs/\(blob.digest()) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(await client.readToEnd().text.hasSuffix("\r\n\r\n" + blob))
            }
        }
        await server.shutdown(grace: .zero)
    }

    @Test(arguments: ["a/b\n{ }", "{}", "a\u{1}/b\n{}"]) func `refuses a damaged manifest until it is pushed again`(
        file: String
    ) async throws {
        let manifest = String.index(of: [])
        try await damage(manifest.digest().hex, file) { _ = try await $0.push(manifest: manifest, at: "v1") }
        let registry = try start()
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1").status == 500)
        #expect(try await registry.send(.HEAD, "/v2/app/manifests/v1").status == 404)
        #expect(!reports.all.isEmpty)
        let index = String.index(of: [manifest])
        #expect(try await registry.push(manifest: index).codes == ["MANIFEST_BLOB_UNKNOWN"])
        #expect(try await registry.push(manifest: manifest, at: "v1").status == 201)
        #expect(try await registry.send(.GET, "/v2/app/manifests/v1").text == manifest)
    }

    @Test func `deletes a damaged manifest`() async throws {
        let manifest = String.index(of: [])
        try await damage(manifest.digest().hex, "a/b\n{ }") { _ = try await $0.push(manifest: manifest) }
        #expect(try await start().send(.DELETE, "/v2/app/manifests/\(manifest.digest())").status == 202)
    }
}
