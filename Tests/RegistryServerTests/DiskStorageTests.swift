// SPDX-License-Identifier: Apache-2.0

import NIOCore
import OCI
import RegistryFaults
import RegistryServer
import Testing

/// A registry is killed by opening its folder again; what a killed process leaves on disk is put there by hand.
struct DiskStorageTests {
    private let folder: TemporaryFolder
    private let app: Repository
    private let other: Repository

    init() throws {
        folder = try TemporaryFolder()
        app = try #require(Repository(registryName: "app"))
        other = try #require(Repository(registryName: "deep/er/other"))
    }

    private func open() throws -> DiskStorage { try folder.opened() }

    private func push(_ blob: String, into storage: DiskStorage, _ repository: Repository) async throws {
        let id = try await storage.beginUpload(in: repository, .sha256)
        let writer = try #require(try await storage.writer(for: id, in: repository))
        try await writer.append(ByteBuffer(string: blob))
        #expect(try await writer.commit(as: blob.digest()))
    }

    private func text(_ content: StoredContent?) throws -> String? {
        try content.map { String(buffer: try $0.body(0..<$0.size).collected()) }
    }

    private func manifest(_ text: String, subject: OCI.Digest? = nil) -> StoredManifest {
        StoredManifest(
            digest: text.digest(), mediaType: "a/b", bytes: ByteBuffer(string: text), subject: subject,
            referrer: subject.map { _ in
                Referrer(
                    digest: text.digest(), artifactType: "c/d",
                    descriptor: .object(["digest": .string(text.digest().text), "artifactType": "c/d"]))
            })
    }

    @Test func `serves after a restart exactly what was committed`() async throws {
        let storage = try open()
        try await push("layer", into: storage, app)
        let tag = try Tag("v1")
        try await storage.put(manifest("{}", subject: "s".digest()), tags: [tag], in: app)
        let again = try open()
        #expect(try text(try await again.blob("layer".digest(), in: app)) == "layer")
        #expect(try await again.digest(of: tag, in: app) == "{}".digest())
        let stored = try #require(try await again.manifest("{}".digest(), in: app))
        #expect(stored.mediaType == "a/b")
        #expect(String(buffer: stored.bytes) == "{}")
        #expect(try await all(again, "s").map(\.artifactType) == ["c/d"])
        #expect(try await again.repositories() == ["app"])
    }

    @Test func `continues an upload of an earlier process and hashes all of it`() async throws {
        let storage = try open()
        let id = try await storage.beginUpload(in: app, .sha256)
        try await storage.writer(for: id, in: app)?.append(ByteBuffer(string: "first "))
        let again = try open()
        #expect(try await again.uploadSize(id, in: app) == 6)
        #expect(try await again.uploadSize(id, in: other) == nil)
        let writer = try #require(try await again.writer(for: id, in: app))
        try await writer.append(ByteBuffer(string: "second"))
        #expect(try await writer.commit(as: "first second".digest()))
        #expect(try text(try await again.blob("first second".digest(), in: app)) == "first second")
        #expect(try folder.files().filter { $0.hasPrefix("uploads/") }.isEmpty)
    }

    @Test func `removes small files that were never completed`() async throws {
        try folder.write("half", to: "uploads/0b0c0d.new")
        _ = try open()
        #expect(try folder.files() == ["lock"])
    }

    @Test func `removes sessions of an earlier process nobody touched any more, and keeps younger ones`() async throws {
        let storage = try open()
        let (old, young) = (
            try await storage.beginUpload(in: app, .sha256),
            try await storage.beginUpload(in: app, .sha512)
        )
        for name in try folder.files() where name.hasPrefix("uploads/") {
            try folder.age(name, to: name.contains(old.text) ? 999 : 1_000)
        }
        let again = try open()
        try await again.dropUploads(untouchedSince: .seconds(1_000))
        #expect(try await again.uploadSize(old, in: app) == nil)
        #expect(try await again.uploadSize(young, in: app) == 0)
    }

    @Test func `keeps a blob once, however many repositories have it`() async throws {
        let storage = try open()
        try await push("layer", into: storage, app)
        try await push("layer", into: storage, other)
        let hex = "layer".digest().hex
        #expect(
            try folder.files().filter { $0.hasSuffix(hex) } == [
                "blobs/sha256/\(hex.prefix(2))/\(hex)", "repositories/app/_blobs/sha256/\(hex)",
                "repositories/deep/er/other/_blobs/sha256/\(hex)",
            ])
        #expect(try await storage.deleteBlob("layer".digest(), in: app))
        #expect(try text(try await storage.blob("layer".digest(), in: other)) == "layer")
        #expect(try await storage.deleteBlob("layer".digest(), in: other))
        #expect(try folder.files() == ["lock"])
    }

    @Test func `shows nobody a blob whose last deletion was killed half-way, until it is pushed again`() async throws {
        let digest = "layer".digest()
        try folder.write("layer", to: "blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)")
        let storage = try open()
        #expect(try await storage.mount(digest, from: nil, into: app) == false)
        try await push("layer", into: storage, app)
        #expect(try await storage.mount(digest, from: nil, into: other))
    }

    @Test func `lists no referrer whose manifest never came`() async throws {
        let (subject, referrer) = ("s".digest(), "r".digest())
        try folder.write("{}", to: "repositories/app/_referrers/sha256/\(subject.hex)/sha256-\(referrer.hex)")
        #expect(try await all(open(), "s").isEmpty)
    }

    private func all(_ storage: DiskStorage, _ subject: String) async throws -> [Referrer] {
        try await storage.referrers(of: subject.digest(), in: app, filling: ReferrerPage()).entries
    }

    @Test func `reads of a list of referrers no more than a page takes`() async throws {
        let (storage, subject) = (try open(), "s".digest())
        let texts = (0..<6).map { "{\($0)}" }.sorted { $0.digest() < $1.digest() }
        for text in texts.prefix(3) { try await storage.put(manifest(text, subject: subject), tags: [], in: app) }
        // Folders, which cannot be read.
        for text in texts.dropFirst(3) {
            try await storage.put(manifest(text), tags: [], in: app)
            try folder.write(
                "", to: "repositories/app/_referrers/sha256/\(subject.hex)/sha256-\(text.digest().hex)/x")
        }
        // Two entries of some hundred bytes fit; the third one shows it.
        let page = try await storage.referrers(of: subject, in: app, filling: ReferrerPage(upTo: 250))
        #expect(page.entries.map(\.digest) == texts.prefix(2).map { $0.digest() } && !page.isLast)
    }

    @Test func `does not count bytes that a failed write left behind`() async throws {
        let storage = try open()
        let id = try await storage.beginUpload(in: app, .sha256)
        let writer = try #require(try await storage.writer(for: id, in: app))
        try await writer.append(ByteBuffer(string: "abc"))
        let name = try #require(try folder.files().first { $0.hasPrefix("uploads/") })
        try folder.write("abcGARBAGE", to: name)
        let fresh = try #require(try await storage.writer(for: id, in: app))
        #expect(try await fresh.commit(as: "abc".digest()))
        #expect(try text(try await storage.blob("abc".digest(), in: app)) == "abc")
    }

    @Test func `is served by one process at a time`() throws {
        let storage = try open()
        #expect(throws: FolderInUse.self) { try DiskStorage(folder.path) }
        storage.close()
        _ = try DiskStorage(folder.path)
    }

    @Test func `flushes to the device where that is asked for`() async throws {
        let storage = try folder.opened(synchronized: true)
        try await push("layer", into: storage, app)
        try await storage.put(manifest("{}"), tags: [], in: app)
        #expect(try await storage.blobSize("layer".digest(), in: app) == 5)
    }
}
