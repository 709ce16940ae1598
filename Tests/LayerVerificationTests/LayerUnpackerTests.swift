// SPDX-License-Identifier: Apache-2.0

import ImageFixtures
import LayerVerification
import Testing

@Suite struct LayerUnpackerTests {
    private struct Stop: Error {}

    /// Unpacks `bytes`, which come in pieces of `size`.
    private func unpacked(_ bytes: [UInt8], inPiecesOf size: Int) throws -> [UInt8] {
        var unpacker = LayerUnpacker()
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(bytes.count, start + size)].withUnsafeBytes { piece in
                try unpacker.update(piece) { output += $0 }
            }
        }
        try unpacker.finish { output += $0 }
        return output
    }

    @Test(arguments: [1, 3, 4, 5, 1 << 20])
    func `gzip, zstd and plain bytes are told apart, in whatever pieces they come`(size: Int) throws {
        let content = FixtureContent(Sample.text)
        for packed in [content, content.gzipped(), content.zstandard()] {
            #expect(try unpacked(packed.bytes, inPiecesOf: size) == Sample.text)
        }
    }

    /// As pzstd writes a layer (RFC 8878 §3.1.2).
    @Test(arguments: [1, 4, 1 << 20], [0x50, 0x5F] as [UInt8])
    func `zstd is told by a frame that is to be skipped, too`(size: Int, first: UInt8) throws {
        let skipped: [UInt8] = [first, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 0, 0, 0]
        #expect(try unpacked(skipped + FixtureContent(Sample.text).zstandard().bytes, inPiecesOf: size) == Sample.text)
        let almost: [UInt8] = [first, 0x2A, 0x4D, 0x19, 4, 0, 0, 0]
        #expect(try unpacked(almost, inPiecesOf: size) == almost)
    }

    @Test(arguments: [[], [0x1F], [0x28, 0xB5, 0x2F], [1, 2, 3]] as [[UInt8]])
    func `what is too short to be packed is plain`(bytes: [UInt8]) throws {
        #expect(try unpacked(bytes, inPiecesOf: 1) == bytes)
    }

    @Test func `a stream that ends in the middle is a failure of its kind`() {
        let content = FixtureContent(Sample.text)
        for (packed, packing) in [(content.gzipped(), LayerPacking.gzip), (content.zstandard(), .zstd)] {
            let failure = #expect(throws: LayerFailure.self) {
                try unpacked(Array(packed.bytes.dropLast()), inPiecesOf: 64)
            }
            #expect(failure?.packing == packing && failure?.reason == .truncated)
        }
    }

    @Test func `what the output throws ends it`() {
        for packed in [Sample.text, Sample.gzip] {
            #expect(throws: Stop.self) {
                var unpacker = LayerUnpacker()
                try packed.withUnsafeBytes { try unpacker.update($0) { _ in throw Stop() } }
            }
        }
    }
}
