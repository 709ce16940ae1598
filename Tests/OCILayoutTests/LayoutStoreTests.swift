// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import NIOCore
import OCI
import OCILayout
import Testing

/// A folder that goes away with the test.
private final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "layout-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var names: [String] { (try? FileManager.default.subpathsOfDirectory(atPath: path).sorted()) ?? [] }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }
}

@Suite struct LayoutStoreTests {
    private let folder: Folder
    private var store: LayoutStore { LayoutStore(folder.path) }
    private let place = LayoutStore.repository

    init() throws { folder = try Folder() }

    private func blob(_ text: String) -> Descriptor {
        Descriptor(
            mediaType: "application/x-blob", digest: ContentHash.digest(of: text.utf8), size: Int64(text.utf8.count))
    }

    private func bytes(_ text: String, as descriptor: Descriptor) -> VerifiedBlob {
        VerifiedBlob(BlobStream(buffers: [ByteBuffer(string: text)]), expecting: descriptor)
    }

    private func session(_ descriptor: Descriptor) async throws -> UploadSession? {
        guard case .session(let session, _) = try await store.admit(descriptor, to: place, from: place) else {
            return nil
        }
        return session
    }

    private func manifest(_ text: String) -> ManifestContent {
        ManifestContent(
            bytes: Array(text.utf8), mediaType: .ociIndex, digest: ContentHash.digest(of: text.utf8))
    }

    /// What an index says of a manifest.
    private func entry(
        _ content: ManifestContent, _ type: MediaType? = nil, named name: String? = nil, architecture: String? = nil
    ) -> JSON {
        .object(compacting: [
            "mediaType": .string(content.mediaType.essence), "size": JSON(content.bytes.count),
            "digest": .string(content.digest.text),
            "annotations": name.map { .object(["org.opencontainers.image.ref.name": .string($0)]) },
            "platform": architecture.map { .object(["architecture": .string($0), "os": "linux"]) },
            "artifactType": type.map { .string($0.essence) },
        ])
    }

    private func read(_ descriptor: Descriptor, from offset: Int64) async throws -> String {
        var text = ""
        let opened = try await store.blob(descriptor, in: place, from: offset)
        for try await buffer in opened.bytes { text += String(buffer: buffer) }
        return text
    }

    @Test func `what cannot get its place leaves nothing behind`() async throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/index.json", withIntermediateDirectories: true)
        try folder.write("index.json/in the way", "x")
        await #expect(throws: ContentFailure.self) {
            let content = manifest(#"{"schemaVersion":2,"manifests":[]}"#)
            try await store.put(content, as: .ociIndex, at: .tag(try Tag("v1")), in: place)
        }
        #expect(folder.names.filter { $0.contains(".partial") } == [])
    }

    @Test func `a blob comes back as it went in, from any offset, and is there only once`() async throws {
        let descriptor = blob("some bytes")
        let session = try #require(try await session(descriptor))
        try await store.upload(descriptor, into: session, bytes: bytes("some bytes", as: descriptor))
        #expect(try await read(descriptor, from: 0) == "some bytes")
        #expect(try await read(descriptor, from: 5) == "bytes")
        #expect(try await self.session(descriptor) == nil)
        #expect(try await store.hasBlob(descriptor, in: place))
    }

    @Test func `wrong bytes leave nothing behind`() async throws {
        let descriptor = blob("right")
        let session = try #require(try await session(descriptor))
        await #expect(throws: ContentFailure.self) {
            try await store.upload(descriptor, into: session, bytes: bytes("wrong", as: descriptor))
        }
        #expect(folder.names.filter { !$0.hasPrefix("blobs") } == ["oci-layout"])
        #expect(try await store.hasBlob(descriptor, in: place) == false)
    }

    @Test func `a damaged manifest is not handed out`() async throws {
        let content = manifest(#"{"manifests":[]}"#)
        try await store.put(content, as: .ociIndex, at: .tag(.latest), in: place)
        try folder.write("blobs/sha256/\(content.digest.hex)", #"{"manifests":{}}"#)
        await #expect(throws: ContentFailure.self) { try await store.manifest(.tag(.latest), in: place) }
    }

    @Test func `a tag moves, and what else is in the index stays`() async throws {
        let first = manifest(#"{"manifests":[]}"#)
        let second = manifest(#"{"manifests":[], "annotations":{"a":"b"}}"#)
        try await store.put(first, as: .ociIndex, at: .tag(.latest), in: place)
        let other = #"{"mediaType":"x/y","digest":"\#(first.digest)","size":1,"platform":{"os":"plan9"}}"#
        try folder.write(
            "index.json", #"{"schemaVersion":2,"manifests":[\#(other)],"annotations":{"keep":"me"}}"#)
        try await store.put(first, as: .ociIndex, at: .tag(try Tag("v1")), in: place)
        try await store.put(second, as: .ociIndex, at: .tag(try Tag("v1")), in: place)

        #expect(try await store.manifest(.tag(try Tag("v1")), in: place) == second)
        #expect(try await store.tags(in: place) == [try Tag("v1")])
        let index = try JSON(Array(try folder.text("index.json").utf8))
        #expect(index["manifests"]?.array?.contains(try JSON(Array(other.utf8))) == true)
        #expect(index["annotations"]?["keep"] == "me")
        #expect(index["manifests"]?.array?.contains { $0["size"] == JSON(first.bytes.count) } == false)
    }

    @Test func `a layout is written as crane writes it, whose digest its list has where it is pushed`() async throws {
        let content = manifest(#"{"manifests":[]}"#)
        try await store.put(content, as: .ociIndex, at: .tag(try Tag("v1")), in: place)
        let expected = """
            {
               "schemaVersion": 2,
               "mediaType": "\(MediaType.ociIndex.essence)",
               "manifests": [
                  {
                     "mediaType": "\(MediaType.ociIndex.essence)",
                     "size": 16,
                     "digest": "\(content.digest)",
                     "annotations": {
                        "org.opencontainers.image.ref.name": "v1"
                     }
                  }
               ]
            }
            """
        #expect(try folder.text("index.json") == expected)
        #expect(try folder.text("oci-layout") == "{\n    \"imageLayoutVersion\": \"1.0.0\"\n}")
    }

    @Test(arguments: [MediaType.ociConfig, .dockerConfig])
    func `an image that crane lists by the type of its config is an image`(type: MediaType) async throws {
        let content = manifest(#"{"manifests":[]}"#)
        try await store.put(content, as: .ociIndex, at: .digest(content.digest), in: place)
        try folder.write("index.json", #"{"schemaVersion":2,"manifests":[]}"#)
        try await store.list([entry(content, type)])
        #expect(try await store.manifest(.tag(.latest), in: place).digest == content.digest)
    }

    @Test func `the only image needs no name`() async throws {
        let content = manifest(#"{"manifests":[]}"#)
        try await store.put(content, as: .ociIndex, at: .digest(content.digest), in: place)
        try folder.write(
            "index.json",
            #"{"manifests":[{"mediaType":"\#(MediaType.ociIndex)","digest":"\#(content.digest)","size":16}]}"#)
        #expect(try await store.manifest(.tag(.latest), in: place) == content)
        #expect(try await store.summary(of: .tag(try Tag("v1")), in: place) == nil)
    }

    @Test func `many writers at once lose no name`() async throws {
        let content = manifest(#"{"manifests":[]}"#)
        let tags = try (0..<32).map { try Tag("v\($0)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for tag in tags {
                // Each with a store of its own, as separate programs have.
                group.addTask { [path = folder.path] in
                    try await LayoutStore(path).put(content, as: .ociIndex, at: .tag(tag), in: LayoutStore.repository)
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(try await store.tags(in: place)) == Set(tags))
        #expect(!folder.names.contains { $0.contains("partial") })
    }

    @Test func `a folder that is no layout says what it has to be`() async throws {
        let failure = await failure { try await store.manifest(.tag(.latest), in: place) }
        #expect(failure?.kind == .notFound && failure?.hint?.contains("index.json") == true)
        try folder.write("oci-layout", #"{"imageLayoutVersion":"2.0.0"}"#)
        #expect(await self.failure { try await store.tags(in: place) }?.kind == .invalid)
    }

    private func failure<Value>(_ body: () async throws -> Value) async -> ContentFailure? {
        do { _ = try await body() } catch { return error as? ContentFailure }
        return nil
    }

    @Test func `nothing outside of the folder is read or written through its links`() async throws {
        let descriptor = blob("secret")
        let outside = try Folder()
        try outside.write("secret", "secret")
        let image = manifest("{\"manifests\":[]}")
        try await store.put(image, as: .ociIndex, at: .tag(.latest), in: place)
        let name = "\(folder.path)/blobs/sha256/\(descriptor.digest.hex)"
        try FileManager.default.createSymbolicLink(atPath: name, withDestinationPath: outside.path + "/secret")
        #expect(try await store.hasBlob(descriptor, in: place) == false)
        #expect(await failure { try await read(descriptor, from: 0) } != nil)
        try FileManager.default.removeItem(atPath: "\(folder.path)/blobs")
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/blobs", withDestinationPath: outside.path)
        #expect(await failure { try await store.admit(descriptor, to: place, from: nil) } != nil)
    }

    @Test func `a pipe in a blob's place is refused and not waited for`() async throws {
        let descriptor = blob("some bytes")
        try await store.put(manifest("{\"manifests\":[]}"), as: .ociIndex, at: .tag(.latest), in: place)
        try #require(mkfifo("\(folder.path)/blobs/sha256/\(descriptor.digest.hex)", 0o600) == 0)
        #expect(await failure { try await read(descriptor, from: 0) } != nil)
    }

    // MARK: Referrers

    private func image(_ text: String = "") -> ManifestContent {
        document(
            #"{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"\#(blob(text).digest)","size":2},"layers":[]}"#)
    }

    private func signature(of subject: ManifestContent, _ note: String = "") -> ManifestContent {
        document(
            #"{"schemaVersion":2,"artifactType":"application/x-sig","config":{"mediaType":"a/b","digest":"#
                + #""\#(blob(note).digest)","size":2},"layers":[],"subject":{"mediaType":"\#(MediaType.ociManifest.essence)","#
                + #""digest":"\#(subject.digest)","size":\#(subject.bytes.count)},"annotations":{"note":"\#(note)"}}"#)
    }

    private func document(_ text: String) -> ManifestContent {
        ManifestContent(
            bytes: Array(text.utf8), mediaType: .ociManifest, digest: ContentHash.digest(of: text.utf8))
    }

    private func listed(_ subject: ManifestContent) async throws -> [Digest] {
        let list = try #require(try await store.referrers(of: subject.digest, in: place))
        return try Manifest(list.bytes, contentType: list.mediaType).children.map(\.digest)
    }

    @Test func `what refers to an image is listed in the index, without a name, once`() async throws {
        let image = image()
        let signatures = [signature(of: image, "one"), signature(of: image, "two")]
        try await store.put(image, as: .ociManifest, at: .tag(Tag("v1")), in: place)
        for content in signatures + [signatures[0]] {
            try await store.put(content, as: .ociManifest, at: .digest(content.digest), in: place)
        }
        #expect(try await listed(image) == signatures.map(\.digest))
        let index = try JSON(Array(try folder.text("index.json").utf8))
        let entries = index["manifests"]?.array ?? []
        #expect(entries.count == 3)
        #expect(entries[1]["artifactType"]?.string == "application/x-sig")
        #expect(entries[1]["annotations"]?["note"]?.string == "one")
        #expect(try await store.tags(in: place) == [Tag("v1")])
    }

    private func entries() throws -> [JSON] {
        try JSON(Array(try folder.text("index.json").utf8))["manifests"]?.array ?? []
    }

    @Test(arguments: [nil, "registry.example/app:v1"])
    func `an image that refers to another one is listed once, with or without a name`(name: String?) async throws {
        let signature = signature(of: image(), "one")
        try await store.put(signature, as: .ociManifest, at: .digest(signature.digest), in: place)
        for _ in 0..<2 { try await store.list([entry(signature, "application/x-sig", named: name)]) }
        #expect(try entries().map { $0["annotations"]?["org.opencontainers.image.ref.name"]?.string } == [name])
        #expect(try await listed(image()) == [signature.digest])
    }

    @Test func `a referrer that gets a tag is listed once, and goes on being listed when the tag moves`() async throws {
        let signature = signature(of: image(), "one")
        try await store.put(signature, as: .ociManifest, at: .digest(signature.digest), in: place)
        try await store.put(signature, as: .ociManifest, at: .tag(Tag("sig")), in: place)
        #expect(try entries().count == 1)
        #expect(try entries()[0]["artifactType"] == "application/x-sig")
        #expect(try entries()[0]["annotations"]?["note"] == "one")
        #expect(try await store.tags(in: place) == [Tag("sig")])
        try await store.put(image(), as: .ociManifest, at: .tag(Tag("sig")), in: place)
        #expect(try await listed(image()) == [signature.digest])
        #expect(try await store.manifest(.tag(Tag("sig")), in: place) == image())
    }

    @Test func `one manifest is listed for each platform that it is said to be for`() async throws {
        let image = image()
        for architecture in ["arm", "arm64", "arm", "arm64"] {
            try await store.list([entry(image, architecture: architecture)])
        }
        #expect(try entries().map { $0["platform"]?["architecture"]?.string } == ["arm", "arm64"])
    }

    @Test func `a list under the tag that stands for one counts, too`() async throws {
        let image = image()
        let (first, second) = (signature(of: image, "one"), signature(of: image, "two"))
        try await store.put(image, as: .ociManifest, at: .tag(.latest), in: place)
        try await store.put(first, as: .ociManifest, at: .digest(first.digest), in: place)
        let entry = #"{"mediaType":"\#(MediaType.ociManifest.essence)","digest":"\#(second.digest)","size":1}"#
        let list = manifest(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex.essence)","manifests":[\#(entry)]}"#)
        let name = try Tag(image.digest.text.split(separator: ":").joined(separator: "-"))
        try await store.put(list, as: .ociIndex, at: .tag(name), in: place)
        #expect(try await listed(image) == [first.digest, second.digest])
        #expect(try await listed(first).isEmpty)
    }

    @Test(arguments: [nil, "damaged"])
    func `a listed manifest that is missing or damaged leaves it open what refers to an image`(bytes: String?)
        async throws
    {
        let image = image()
        let signatures = [signature(of: image, "one"), signature(of: image, "two")]
        for content in signatures {
            try await store.put(content, as: .ociManifest, at: .digest(content.digest), in: place)
        }
        let store = store
        let name = "blobs/sha256/\(signatures[0].digest.hex)"
        if let bytes { try folder.write(name, bytes) } else { try folder.remove(name) }
        let failure = await failure { try await store.referrers(of: image.digest, in: place) }
        #expect(failure?.kind == (bytes == nil ? .notFound : .corrupt))
        #expect(failure?.message.contains(signatures[0].digest.hex) == true)
        // A target is sent it again, and has it then.
        let rest = try #require(try await store.readableReferrers(of: image.digest, in: place))
        #expect(try Manifest(rest.bytes, contentType: rest.mediaType).children.map(\.digest) == [signatures[1].digest])
        try await store.put(signatures[0], as: .ociManifest, at: .digest(signatures[0].digest), in: place)
        let list = try #require(try await store.referrers(of: image.digest, in: place))
        let listed = try Manifest(list.bytes, contentType: list.mediaType).children.map(\.digest)
        #expect(Set(listed) == Set(signatures.map(\.digest)))
    }

    @Test func `a wrong size in the list hides nothing that refers to an image`() async throws {
        let image = image()
        let signature = signature(of: image)
        try await store.put(signature, as: .ociManifest, at: .digest(signature.digest), in: place)
        let index = try folder.text("index.json")
        try folder.write("index.json", index.replacing(#/"size":\s*\d+/#, with: #""size":99999999"#))
        #expect(try folder.text("index.json") != index)
        #expect(try await listed(image) == [signature.digest])
    }

    @Test func `the only image needs no name beside what refers to it`() async throws {
        let image = image()
        let signature = signature(of: image)
        try await store.put(image, as: .ociManifest, at: .digest(image.digest), in: place)
        try await store.list([entry(image)])
        try await store.put(signature, as: .ociManifest, at: .digest(signature.digest), in: place)
        #expect(try await store.summary(of: .tag(.latest), in: place)?.digest == image.digest)
    }

    @Test func `a folder that is none yet lists nothing`() async throws {
        #expect(try await listed(image()).isEmpty)
    }

    @Test func `damaged bytes of the right length are found, and replaced`() async throws {
        let descriptor = blob("hello")
        let first = try #require(try await session(descriptor))
        try await store.upload(descriptor, into: first, bytes: bytes("hello", as: descriptor))
        #expect(try await store.canRead(descriptor, in: place))
        try folder.write("blobs/sha256/\(descriptor.digest.hex)", "jello")
        #expect(try await !store.canRead(descriptor, in: place))
        guard case .session(let second, _) = try await store.admit(descriptor, to: place, from: nil) else {
            return #expect(Bool(false), "a blob that is to be sent gets a session")
        }
        try await store.upload(descriptor, into: second, bytes: bytes("hello", as: descriptor))
        #expect(try await store.canRead(descriptor, in: place))
    }

    @Test func `a damaged manifest is written again`() async throws {
        let content = manifest(#"{"schemaVersion":2,"manifests":[]}"#)
        try await store.put(content, as: .ociIndex, at: .digest(content.digest), in: place)
        let name = "blobs/sha256/\(content.digest.hex)"
        try folder.write(name, String(repeating: "x", count: content.bytes.count))
        try await store.put(content, as: .ociIndex, at: .digest(content.digest), in: place)
        #expect(try folder.text(name) == String(decoding: content.bytes, as: UTF8.self))
    }
}
