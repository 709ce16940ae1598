// SPDX-License-Identifier: Apache-2.0

import Content
import DockerArchive
import Foundation
import NIOCore
import OCI
import Testing

@Suite struct TarInspectorTests {
    private func problem(_ stream: [UInt8], step: Int = 100) -> String? {
        var inspector = TarInspector()
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
}
