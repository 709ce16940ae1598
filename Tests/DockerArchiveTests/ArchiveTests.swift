// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import Foundation
import NIOCore
import OCI
import Testing

@Suite struct ArchiveTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static func blob(_ text: String, _ type: MediaType = "application/x") -> Descriptor {
        Descriptor(mediaType: type, digest: ContentHash.digest(of: text.utf8), size: Int64(text.utf8.count))
    }

    private static func listing(_ tag: String, _ config: String, _ layers: [String]) -> ArchiveWriter.Listing {
        ArchiveWriter.Listing(tags: [tag], config: blob(config), layers: layers.map { blob($0) })
    }

    /// Writes images whose blobs are the given texts.
    private func write(_ images: [(tag: String, config: String, layers: [String])]) async throws -> String {
        let path = folder + "/images.tar"
        var writer = try ArchiveWriter(path)
        for image in images {
            var texts: [OCI.Digest: String] = [:]
            for text in [image.config] + image.layers { texts[Self.blob(text).digest] = text }
            try await writer.add(Self.listing(image.tag, image.config, image.layers)) { descriptor in
                let text = texts[descriptor.digest] ?? ""
                return VerifiedBlob(BlobStream(buffers: [ByteBuffer(string: text)]), expecting: descriptor)
            }
        }
        try await writer.finish()
        return path
    }

    private func read(_ store: ArchiveStore, _ descriptor: Descriptor) async throws -> String {
        var text = ""
        let opened = try await store.blob(descriptor, in: .layout, from: 0)
        for try await buffer in opened.bytes { text += String(buffer: buffer) }
        return text
    }

    @Test func `what was written is read again, by the system's tar too`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try await write([("app:v1", "{}", ["\u{1F}layer", "plain"])])
        let archive = try DockerArchive(path)
        let store = try ArchiveStore(archive.image(tagged: "app:v1"), of: archive)
        let manifest = try Manifest(store.manifest.bytes, contentType: .dockerManifest)
        #expect(manifest.blobs.map(\.digest) == ["{}", "\u{1F}layer", "plain"].map { Self.blob($0).digest })
        for (blob, text) in zip(manifest.blobs, ["{}", "\u{1F}layer", "plain"]) {
            #expect(try await read(store, blob) == text)
        }
        #expect(manifest.blobs[2].mediaType == "application/vnd.docker.image.rootfs.diff.tar")

        let size = try Data(contentsOf: URL(filePath: path)).count
        #expect(size % 512 == 0 && size == 4 * 1024 + 1024)
    }

    /// Writes one image with layers of any type, and reads it.
    private func reread(_ layers: [(text: String, type: MediaType, urls: [String])]) async throws -> (
        archive: DockerArchive, manifest: Manifest
    ) {
        let diffIDs = layers.indices.map { "\"sha256:\(String(repeating: "\($0)", count: 64))\"" }.joined(
            separator: ",")
        let config = #"{"rootfs":{"diff_ids":[\#(diffIDs)]}}"#
        var texts = [Self.blob(config).digest: config]
        let blobs = layers.map { layer in
            var blob = Self.blob(layer.text, layer.type)
            (blob.urls, texts[blob.digest]) = (layer.urls, layer.text)
            return blob
        }
        let path = folder + "/image.tar"
        var writer = try ArchiveWriter(path)
        try await writer.add(.init(tags: ["app:v1"], config: Self.blob(config), layers: blobs)) { [texts] descriptor in
            let text = texts[descriptor.digest] ?? ""
            return VerifiedBlob(BlobStream(buffers: [ByteBuffer(string: text)]), expecting: descriptor)
        }
        try await writer.finish()
        let archive = try DockerArchive(path)
        let store = try ArchiveStore(archive.image(tagged: nil), of: archive)
        return (archive, try Manifest(store.manifest.bytes, contentType: .dockerManifest))
    }

    @Test func `a foreign layer keeps its type and its addresses in an archive, written as crane writes them`()
        async throws
    {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let foreign: MediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        let (archive, manifest) = try await reread([
            ("\u{1F}layer", foreign, ["https://mcr.example/l?a&b"]),
            ("plain", "application/vnd.oci.image.layer.v1.tar", []),
        ])
        #expect(manifest.blobs[1].mediaType == foreign && manifest.blobs[1].urls == ["https://mcr.example/l?a&b"])
        var list = ""
        for try await buffer in try archive.bytes(of: "manifest.json") { list += String(buffer: buffer) }
        #expect(list.contains(#"https://mcr.example/l?a\u0026b"#))
        #expect(manifest.blobs[1].digest == Self.blob("\u{1F}layer").digest)
        #expect(
            manifest.blobs[2].mediaType == "application/vnd.docker.image.rootfs.diff.tar"
                && manifest.blobs[2].urls == [])
    }

    @Test func `layers are named by how they are packed, and zstd gets the type that readers of Docker's dialect take`()
        async throws
    {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (archive, manifest) = try await reread([
            ("\u{28}zstd", "application/vnd.oci.image.layer.v1.tar+zstd", []),
            ("tar", "application/vnd.oci.image.layer.v1.tar", []),
            ("gzip", "application/vnd.oci.image.layer.v1.tar+gzip", []),
        ])
        let suffixes = archive.images[0].layers.map { $0.drop { $0 != "." } }
        #expect(suffixes == [".tar.zst", ".tar", ".tar.gz"])
        // A skippable frame: no UTF-8 text begins as zstd's own frames do.
        let skipped = try await reread([("\u{50}*M\u{18}", "application/vnd.oci.image.layer.v1.tar+zstd", [])]).manifest
        #expect(skipped.blobs[1].mediaType == "application/vnd.docker.image.rootfs.diff.tar.gzip")
        #expect(manifest.blobs.count == 4)
    }

    @Test func `an archive that is cut is still one, and what does not begin with a header is none`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try await write([("app:v1", "{}", ["layer"])])
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.prefix(700).write(to: URL(filePath: path))
        #expect(try DockerArchive.isArchive(path))
        #expect(throws: ArchiveProblem.self) { try DockerArchive(path) }
        for other in [Data(), Data("text".utf8), Data(repeating: 7, count: 2048), Data(count: 1024)] {
            try other.write(to: URL(filePath: path))
            #expect(try !DockerArchive.isArchive(path))
        }
        #expect(throws: (any Error).self) { try DockerArchive.isArchive(folder) }
    }

    @Test func `layers that images share are written once`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try await write([("a:1", "{}", ["shared", "one"]), ("b:1", "[]", ["shared"])])
        let archive = try DockerArchive(path)
        #expect(archive.images.map(\.tags) == [["a:1"], ["b:1"]])
        #expect(throws: ArchiveProblem.self) { try archive.image(tagged: nil) }
        // One header, and two mentions in the list.
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let shared = String(Self.blob("shared").digest.hex)
        #expect(text.components(separatedBy: shared).count == 1 + 3)
    }

    /// Tar streams of files by name; a name that ends in a slash is a folder.
    private func layer(_ names: String...) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for name in names { bytes += TarEntry(name).bytes }
        return bytes + LayerFlattener.end
    }

    private func flattened(_ layers: [[UInt8]], step: Int) throws -> [String] {
        TarEntry.names(in: try Flattened(layers, step: step).bytes)
    }

    @Test(arguments: [1, 100, 512, 100_000])
    func `what a layer has or removes hides what is below`(step: Int) async throws {
        let base = try await layer("etc/", "etc/a", "etc/b", "opt/", "opt/x", "opt/y/", "opt/y/z", "var", "./same")
        let middle = try await layer("etc/.wh.a", "opt/.wh..wh..opq", "opt/new", ".wh.var", "same")
        let top = try await layer("etc/a", "dir/", "dir/file")
        #expect(
            try flattened([base, middle, top], step: step)
                == ["etc/a", "dir", "dir/file", "opt/new", "same", "etc", "etc/b", "opt"])
    }

    @Test func `no entry leads out of the image, and absolute names begin at its root`() async throws {
        #expect(try flattened([await layer("/etc/a", "//b")], step: 512) == ["etc/a", "b"])
        for name in ["../x", "etc/../../x", "/../x", "a/.."] {
            let stream = try await layer(name)
            #expect(throws: ArchiveProblem.self) { try flattened([stream], step: 512) }
        }
    }

    @Test func `a layer that was cut is refused`() async throws {
        let whole = try await layer("etc/a")
        #expect(throws: ArchiveProblem.self) { try flattened([Array(whole.prefix(700))], step: 512) }
        #expect(throws: ArchiveProblem.self) { try flattened([Array(whole.prefix(300))], step: 512) }
    }

    @Test(arguments: ["", "not a tar archive at all", String(repeating: "x", count: 2000)])
    func `what is no archive is refused`(text: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(text.utf8).write(to: URL(filePath: folder + "/x"))
        #expect(throws: ArchiveProblem.self) { try DockerArchive(folder + "/x") }
    }

    @Test func `an archive that was cut is refused`() async throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try await write([("a:1", "{}", ["layer"])])
        let bytes = try Data(contentsOf: URL(filePath: path))
        for length in stride(from: 100, to: bytes.count - 1536, by: 700) {
            try bytes.prefix(length).write(to: URL(filePath: path))
            #expect(throws: ArchiveProblem.self) { try DockerArchive(path) }
        }
    }
}
