// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import Foundation
import NIOCore
import OCI
import Testing

@Suite struct LegacyArchiveTests {
    private static let foreign: MediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"

    private static func layer(_ id: String, _ text: String, _ type: MediaType = "application/x")
        -> LegacyArchiveWriter
        .Layer
    {
        var descriptor = Descriptor(
            mediaType: type, digest: ContentHash.digest(of: text.utf8), size: Int64(text.utf8.count))
        if type == foreign { descriptor.urls = ["https://x.example/l?a=1&b=2"] }
        return .init(id: id, document: Array("{}".utf8), descriptor: descriptor)
    }

    /// Writes images whose layers have their ID in capitals inside; says what is asked for, and the archive's bytes.
    private func write(_ images: [LegacyArchiveWriter.Image]) async throws -> (asked: [OCI.Digest], bytes: Data) {
        let path = FileManager.default.temporaryDirectory.appending(path: "legacy-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var writer = try LegacyArchiveWriter(path)
        var asked: [OCI.Digest] = []
        for image in images {
            try await writer.add(image) { layer in
                asked.append(layer.digest)
                return .init(
                    size: 6, bytes: BlobStream(buffers: [ByteBuffer(string: "in"), ByteBuffer(string: "side")]))
            }
        }
        try await writer.finish()
        return (asked, try Data(contentsOf: URL(filePath: path)))
    }

    /// Names of the entries, with what they hold.
    private static func entries(_ bytes: Data) -> [(name: String, text: String)] {
        let bytes = Array(bytes)
        var (entries, offset): ([(name: String, text: String)], Int) = ([], 0)
        while offset < bytes.count, bytes[offset] != 0 {
            let name = String(decoding: bytes[offset..<offset + 100].prefix { $0 != 0 }, as: UTF8.self)
            let digits = String(decoding: bytes[offset + 124..<offset + 135], as: UTF8.self)
            let size = Int(digits, radix: 8) ?? 0
            entries.append((name, String(decoding: bytes[offset + 512..<offset + 512 + size], as: UTF8.self)))
            offset += 512 + (size + 511) / 512 * 512
        }
        return entries
    }

    @Test func `each layer is a folder, with lists of images and of tags at the end, as crane writes them`()
        async throws
    {
        let config = #"{"os":"linux"}"#
        let name = "\(ContentHash.digest(of: config.utf8).hex).json"
        let bytes = try await write([
            .init(
                name: "h:5000/app:v1", config: Array(config.utf8), layers: [Self.layer("a", "1"), Self.layer("b", "2")])
        ]).bytes
        let entries = Self.entries(bytes)
        #expect(
            entries.map(\.name) == [
                name, "a/layer.tar", "a/json", "a/VERSION", "b/layer.tar", "b/json", "b/VERSION", "manifest.json",
                "repositories",
            ])
        let list = #"[{"Config":"\#(name)","RepoTags":["h:5000/app:v1"],"Layers":["a/layer.tar","b/layer.tar"]}]"#
        let tags = #"{"h:5000/app":{"v1":"b"}}"#
        #expect(entries.map(\.text) == [config, "inside", "{}", "1.0", "inside", "{}", "1.0", list, tags])
        #expect(bytes.count == 9 * 1024 + 1024)
    }

    @Test func `a layer over the same others is asked for and written once, and every image has its names`()
        async throws
    {
        let shared = Self.layer("a", "1")
        let (asked, bytes) = try await write([
            .init(name: "x.example:5000/app", config: Array("{}".utf8), layers: [shared, Self.layer("b", "1")]),
            .init(name: nil, config: Array("{ }".utf8), layers: [shared]),
            .init(name: "app:v2", config: Array("{  }".utf8), layers: [shared]),
            .init(name: "app:v1", config: Array("{   }".utf8), layers: [shared]),
        ])
        #expect(asked == [shared.descriptor.digest, shared.descriptor.digest])
        let texts = Dictionary(uniqueKeysWithValues: Self.entries(bytes).map { ($0.name, $0.text) })
        #expect(texts["repositories"] == #"{"app":{"v1":"a","v2":"a"},"x.example:5000/app":{"":"b"}}"#)
        let list = try #require(texts["manifest.json"])
        #expect(list.contains(#""RepoTags":["x.example:5000/app"]"#) && list.contains(#""RepoTags":null"#))
    }

    @Test func `a foreign layer is listed with its addresses, escaped as Go escapes them`() async throws {
        let zeros = "sha256:" + String(repeating: "0", count: 64)
        let layer = Self.layer("a", "1", Self.foreign)
        let bytes = try await write([
            .init(name: "app", config: Array(#"{"rootfs":{"diff_ids":["\#(zeros)"]}}"#.utf8), layers: [layer])
        ]).bytes
        let source =
            #""LayerSources":{"\#(zeros)":{"mediaType":"\#(Self.foreign)","size":1,"digest":"\#(layer.descriptor.digest)","#
            + #""urls":["https://x.example/l?a=1\u0026b=2"]}}"#
        #expect(Self.entries(bytes).contains { $0.name == "manifest.json" && $0.text.contains(source) })
    }
}
