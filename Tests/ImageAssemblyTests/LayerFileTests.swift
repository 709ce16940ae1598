// SPDX-License-Identifier: Apache-2.0

import CZlib
import Content
import Foundation
import ImageAssembly
import NIOCore
import OCI
import Testing

@Suite struct LayerFileTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "layers-\(UUID().uuidString)").path
        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ bytes: [UInt8]) throws -> String {
            let file = "\(path)/\(UUID().uuidString)"
            try Data(bytes).write(to: URL(filePath: file))
            return file
        }
    }

    /// What is inside does not matter.
    private struct Anything: ArchiveInspector {
        func take(_ bytes: UnsafeRawBufferPointer) {}
        func finish() {}
    }

    /// Wants a whole number of blocks, none of which begins with an `x`.
    private struct Blocks: ArchiveInspector {
        struct Problem: Error, CustomStringConvertible { let description: String }
        var count = 0

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
            if count == 0, bytes.first == UInt8(ascii: "x") { throw Problem(description: "begins with x") }
            count += bytes.count
        }

        func finish() throws { if count % 512 != 0 { throw Problem(description: "\(count) bytes") } }
    }

    /// More than one read takes.
    private static let plain = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

    private func draft(_ file: String, isOCI: Bool) throws -> (LayerFile, AssembledImage) {
        let layer = try LayerFile(file, isOCI: isOCI, inspector: Anything())
        var draft = ImageDraft(isOCI: isOCI)
        draft.append(layer)
        return (layer, draft.assembled(over: nil, in: .layout))
    }

    private func bytes(_ blob: Descriptor, of image: AssembledImage) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let opened = try await image.blob(blob, in: .layout, range: 0..<blob.size)
        for try await buffer in VerifiedBlob(opened.bytes, expecting: blob) { bytes += buffer.readableBytesView }
        return bytes
    }

    private func inflated(_ bytes: [UInt8], count: Int) -> [UInt8] {
        var (stream, input) = (z_stream(), bytes)
        var output = [UInt8](repeating: 0, count: count + 1)
        inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        defer { inflateEnd(&stream) }
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                return inflate(&stream, Z_FINISH)
            }
        }
        return result == Z_STREAM_END ? Array(output.prefix(Int(stream.total_out))) : []
    }

    @Test(arguments: [0, 1, 700_000]) func `a plain archive is packed, and unpacks to what it was`(count: Int)
        async throws
    {
        let (folder, plain) = (try Folder(), Array(Self.plain.prefix(count)))
        let (layer, image) = try draft(folder.write(plain), isOCI: true)
        #expect(layer.diffID == ContentHash.digest(of: plain))
        #expect(layer.descriptor.mediaType == "application/vnd.oci.image.layer.v1.tar+gzip")
        let packed = try await bytes(layer.descriptor, of: image)
        #expect(inflated(packed, count: count) == plain)
        #expect(packed.prefix(10) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 0xFF])
    }

    @Test func `a packed archive stays as it is, and its config names what is inside`() async throws {
        let folder = try Folder()
        let (plainLayer, plainImage) = try draft(folder.write(Self.plain), isOCI: false)
        let packed = try await bytes(plainLayer.descriptor, of: plainImage)
        let (layer, image) = try draft(folder.write(packed + packed), isOCI: false)
        #expect(layer.diffID == ContentHash.digest(of: Self.plain + Self.plain))
        #expect(layer.descriptor.digest == ContentHash.digest(of: packed + packed))
        #expect(layer.descriptor.mediaType == "application/vnd.docker.image.rootfs.diff.tar.gzip")
        #expect(try await bytes(layer.descriptor, of: image) == packed + packed)
        let config = try await bytes(image.blobs[0], of: image)
        #expect(
            String(decoding: config, as: UTF8.self)
                == #"{"architecture":"","created":"0001-01-01T00:00:00Z","history":[{"created":"0001-01-01T00:00:00Z"}],"#
                + #""os":"","rootfs":{"type":"layers","diff_ids":["\#(layer.diffID)"]},"config":{}}"#)
    }

    /// `a`, as zstd packs it.
    @Test func `an archive packed with zstd stays as it is, under OCI's type for it`() throws {
        let packed: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 1, 9, 0, 0, 0x61]
        let folder = try Folder()
        for isOCI in [true, false] {
            let layer = try LayerFile(folder.write(packed), isOCI: isOCI, inspector: Anything())
            #expect(layer.diffID == ContentHash.digest(of: "a".utf8))
            #expect(layer.descriptor.digest == ContentHash.digest(of: packed))
            #expect(layer.descriptor.mediaType == "application/vnd.oci.image.layer.v1.tar+zstd")
        }
    }

    @Test func `what begins as gzip and is none is no layer`() throws {
        let folder = try Folder()
        let broken = try folder.write([0x1F, 0x8B, 8, 0, 0])
        #expect(throws: (any Error).self) { try LayerFile(broken, isOCI: true, inspector: Anything()) }
    }

    @Test func `what is inside of a layer is looked at, packed or not, and what is no archive is no layer`()
        async throws
    {
        let folder = try Folder()
        for (content, problem) in [("xyz", "begins with x"), ("half a block", "12 bytes")] {
            let (plainLayer, plainImage) = try draft(folder.write(Array(content.utf8)), isOCI: true)
            let packed = try await bytes(plainLayer.descriptor, of: plainImage)
            for file in [Array(content.utf8), packed] {
                let path = try folder.write(file)
                let failure = #expect(throws: LayerFileProblem.self) {
                    try LayerFile(path, isOCI: true, inspector: Blocks())
                }
                #expect(failure?.description == "not a whole tar archive: \(problem)")
            }
        }
        let (empty, whole) = (try folder.write([]), try folder.write([UInt8](repeating: 0, count: 1024)))
        for path in [empty, whole] { _ = try LayerFile(path, isOCI: true, inspector: Blocks()) }
    }
}
