// SPDX-License-Identifier: Apache-2.0

import Content
import Foundation
import NIOCore
import OCI
import Testing

@testable import DockerArchive

@Suite struct TarInspectorTests {
    private func problem(_ stream: [UInt8], step: Int = 100, refusesDuplicates: Bool = true) -> String? {
        var inspector = TarInspector(refusesDuplicates: refusesDuplicates)
        do {
            for start in stride(from: 0, to: stream.count, by: step) {
                try stream[start..<min(start + step, stream.count)].withUnsafeBytes { try inspector.take($0) }
            }
            try inspector.finish()
        } catch {
            return "\(error)"
        }
        return nil
    }

    private func stream(_ names: String...) -> [UInt8] { names.flatMap { TarEntry($0).bytes } }

    @Test(arguments: [1, 100, 512, 100_000]) func `a whole stream has nothing wrong with it`(step: Int) {
        let entries = stream("etc/", "etc/a", "opt/x")
        #expect(problem(entries + LayerFlattener.end, step: step) == nil)
        // Nobody misses the end, and nobody minds what follows it.
        #expect(problem(entries, step: step) == nil && problem([], step: step) == nil)
        #expect(problem(entries + LayerFlattener.end + [1, 2, 3], step: step) == nil)
    }

    @Test func `a name that comes twice is told`() {
        #expect(problem(stream("a", "b", "a")) == "duplicate file path: a")
        #expect(problem(stream("a", "a/")) == nil)
    }

    @Test func `a name may come twice where nobody minds, and all else is told as ever`() {
        let twice = stream("a", "b", "a")
        #expect(problem(twice, refusesDuplicates: false) == nil)
        #expect(problem(Array(twice.prefix(700)), refusesDuplicates: false) == "unexpected EOF")
        #expect(
            problem([UInt8](repeating: 0x41, count: 512), refusesDuplicates: false) == "archive/tar: invalid tar header"
        )
    }

    /// As GNU tar writes files with many holes (`tar cS`): a header of kind `S`, two more blocks of the map, the content.
    @Test(arguments: [1, 512, 100_000]) func `the map of a sparse file stands between its header and its content`(
        step: Int
    ) {
        var header = TarEntry("holes", content: "x").bytes
        header[156] = UInt8(ascii: "S")
        header[482] = 1
        var map = [UInt8](repeating: UInt8(ascii: "7"), count: 1024)
        (map[504], map[1016]) = (1, 0)
        let sparse = TarHeader.checksummed(Array(header.prefix(512))) + map + header.suffix(512)
        #expect(problem(sparse + stream("a"), step: step) == nil)
        #expect(problem(Array(sparse.prefix(1000)), step: step) == "unexpected EOF")
        #expect((try? Flattened([sparse + stream("a")], step: step).bytes) == sparse + stream("a"))
    }

    @Test func `what is cut or no archive is told`() {
        #expect(problem(Array(stream("etc/a").prefix(700))) == "unexpected EOF")
        #expect(problem(Array(stream("etc/a").prefix(300))) == "unexpected EOF")
        #expect(problem([UInt8](repeating: 0x41, count: 512)) == "archive/tar: invalid tar header")
    }
}

@Suite struct LayerCompressionTests {
    /// Doubles every byte, and says so at the end.
    private final class Doubling: LayerCompressor {
        func update(_ bytes: UnsafeRawBufferPointer, into output: inout ByteBuffer) {
            for byte in bytes { output.writeRepeatingByte(byte, count: 2) }
        }

        func finish(into output: inout ByteBuffer) { output.writeString("end") }
    }

    private func archive(_ files: [(String, String)]) throws -> DockerArchive {
        let path = FileManager.default.temporaryDirectory.appending(path: "layers-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let bytes = files.flatMap { TarEntry($0.0, content: $0.1).bytes } + LayerFlattener.end
        try Data(bytes).write(to: URL(filePath: path))
        return try DockerArchive(path)
    }

    @Test func `layers that are not compressed are, on their way and for their digest alike`() async throws {
        let list = #"[{"Config":"config.json","RepoTags":["a:1"],"Layers":["one.tar","two.tar"]}]"#
        let archive = try archive([
            ("one.tar", "plain"), ("two.tar", "packed too"), ("config.json", "{}"), ("manifest.json", list),
        ])
        let store = try ArchiveStore(archive.image(tagged: nil), of: archive, compression: { Doubling() })
        let manifest = try Manifest(store.manifest.bytes, contentType: .dockerManifest)
        let (layer, text) = (manifest.blobs[1], "ppllaaiinnend")
        #expect(layer.digest == ContentHash.digest(of: text.utf8) && layer.size == Int64(text.utf8.count))
        #expect(layer.mediaType == "application/vnd.docker.image.rootfs.diff.tar.gzip")
        for offset in [0, 5, 12] {
            var read = ""
            for try await buffer in try await store.blob(layer, in: .layout, from: Int64(offset)).bytes {
                read += String(buffer: buffer)
            }
            #expect(read == text.dropFirst(offset))
        }
    }

    /// The archive's own names are those of the layers; their contents stand for what is in them.
    private func problem(config: String, layers: [String]) throws -> String? {
        let list = layers.indices.map { "\"\($0).tar\"" }.joined(separator: ",")
        let files = layers.enumerated().map { ("\($0).tar", $1) }
        let manifest = #"[{"Config":"config.json","RepoTags":["a:1"],"Layers":[\#(list)]}]"#
        let archive = try archive(files + [("config.json", config), ("manifest.json", manifest)])
        for compression in [nil, { Doubling() }] as [LayerCompression?] {
            let store = try ArchiveStore(archive.image(tagged: nil), of: archive, compression: compression)
            do { try store.checkLayers() } catch { return "\(error)" }
        }
        return nil
    }

    private func config(_ layers: String...) -> String {
        let diffIDs = layers.map { "\"\(ContentHash.digest(of: $0.utf8))\"" }.joined(separator: ",")
        return #"{"rootfs":{"type":"layers","diff_ids":[\#(diffIDs)]}}"#
    }

    @Test func `layers are those whose diff IDs the config has`() throws {
        #expect(try problem(config: config("one", "two"), layers: ["one", "two"]) == nil)
        let (one, two) = (ContentHash.digest(of: "one".utf8), ContentHash.digest(of: "two".utf8))
        #expect(
            try problem(config: config("one", "one"), layers: ["one", "two"])
                == "the layer 1.tar has the diff ID \(two), the config says \(one)")
        #expect(
            try problem(config: config("one", "two", "one"), layers: ["one", "two"])
                == "the image has 2 layers, its config has diff IDs of 3")
    }

    @Test(arguments: ["{}", "[]", "no JSON", #"{"rootfs":{"type":"layers"}}"#])
    func `a config that knows of no layers says nothing of them`(config: String) throws {
        #expect(try problem(config: config, layers: ["one"]) == nil)
    }

    @Test func `a layer that is packed is not unpacked for its diff ID`() throws {
        // A frame of zstd that readers skip is packed, too.
        #expect(try problem(config: config("one"), layers: ["P*M\u{18}and so on"]) == nil)
        #expect(try problem(config: config("one"), layers: ["P*M\u{19}and so on"]) != nil)
    }
}
