// SPDX-License-Identifier: Apache-2.0

import Content
import Distribution
import NIOHTTP1
import OCI
import ProtocolCases
import RegistryFaults
import RegistryServer
import Testing

@Suite struct RegistryStoreTests {
    private let image = SampleImage()

    @Test func `what was pushed comes back byte for byte`() async throws {
        try await withRegistry { loopback in
            try await image.push(to: loopback.store, .app)
            let manifest = try await loopback.store.manifest(.tag(.latest), in: .app)
            #expect(manifest == image.manifest)
            let layer = try await loopback.store.blob(image.layer.descriptor, in: .app, from: 0)
            #expect(layer.startOffset == 0)
            #expect(try await layer.collected() == image.layer.bytes)
        }
    }

    @Test(.covers("U18")) func `a blob costs two requests, and their ping is shared by the run`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(image.layer, to: .app)
            try await loopback.network.store(for: loopback.host, as: .target).push(image.config, to: .other)
            #expect(loopback.conversation == ["POST uploadStart", "PUT upload", "POST uploadStart", "PUT upload"])
            #expect(loopback.count(.ping) == 1)
        }
    }

    @Test(.covers("U04")) func `the upload has a length, no range and no chunked encoding`() async throws {
        try await withRegistry { loopback in
            try await loopback.store.push(image.layer, to: .app)
            let put = try #require(loopback.requests.last)
            #expect(put.headers["Content-Length"] == ["300000"])
            #expect(put.headers["Content-Type"] == ["application/octet-stream"])
            #expect(put.headers["Content-Range"].isEmpty)
            #expect(put.headers["Transfer-Encoding"].isEmpty)
        }
    }

    @Test func `a summary tells digest, type and size without a pull`() async throws {
        try await withRegistry { loopback in
            try await image.push(to: loopback.store, .app)
            let summary = try await loopback.store.summary(of: .tag(.latest), in: .app)
            #expect(summary?.digest == image.manifest.digest)
            #expect(summary?.mediaType == .ociManifest)
            #expect(summary?.size == Int64(image.manifest.bytes.count))
            #expect(loopback.conversation.last == "HEAD manifest")
        }
    }

    @Test func `nothing is there where nothing was pushed`() async throws {
        try await withRegistry { loopback in
            let summary = try await loopback.store.summary(of: .tag(.latest), in: .app)
            #expect(summary == nil)
            let hasBlob = try await loopback.store.hasBlob(image.layer.descriptor, in: .app)
            #expect(!hasBlob)
            let failure = await failure { try await loopback.store.manifest(.tag(.latest), in: .app) }
            #expect(failure?.kind == .notFound)
        }
    }

    @Test(.covers("B11"), arguments: [0, 2]) func `tiny blobs are copied`(size: Int) async throws {
        let blob = SampleBlob(size: size)
        try await withRegistry { loopback in
            try await loopback.store.push(blob, to: .app)
            let hasBlob = try await loopback.store.hasBlob(blob.descriptor, in: .app)
            #expect(hasBlob)
            let open = try await loopback.store.blob(blob.descriptor, in: .app, from: 0)
            #expect(try await open.collected() == blob.bytes)
        }
    }

    @Test func `tags and repositories are listed over all pages`() async throws {
        try await withRegistry { loopback in
            for name in ["v1", "v2", "v3"] { try await image.push(to: loopback.store, .app, tag: try Tag(name)) }
            #expect(try await loopback.store.tags(in: .app).map(\.name) == ["v1", "v2", "v3"])
            #expect(try await loopback.store.repositories() == [.app])
        }
    }

    @Test func `connections are reused`() async throws {
        try await withRegistry { loopback in
            try await image.push(to: loopback.store, .app)
            _ = try? await loopback.store.manifest(.tag(try Tag("missing")), in: .app)
            _ = try await loopback.store.manifest(.tag(.latest), in: .app)
            // The first is the https attempt, which is no request.
            #expect(Set(loopback.requests.map(\.peer.connection)).count == 1)
        }
    }

    @Test(.covers("S17"), arguments: ["a/../b", "a//b", "../x", ".", "a/"])
    func `a repository that URL parsers disagree about is refused before any request`(path: String) async throws {
        let repository = try Repository(path)
        try await withRegistry { loopback in
            let failure = await failure { try await loopback.store.manifest(.tag(.latest), in: repository) }
            #expect(failure?.kind == .invalid)
            #expect(loopback.requests.isEmpty)
        }
    }

    @Test(.covers("S17"), arguments: [".", ".."])
    func `a tag that URL parsers disagree about is refused before any request`(name: String) async throws {
        let tag = try Tag(name)
        try await withRegistry { loopback in
            let failure = await failure { try await loopback.store.summary(of: .tag(tag), in: .app) }
            #expect(failure?.kind == .invalid)
            #expect(loopback.requests.isEmpty)
        }
    }
}
