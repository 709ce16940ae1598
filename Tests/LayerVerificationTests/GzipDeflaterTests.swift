// SPDX-License-Identifier: Apache-2.0

import LayerVerification
import NIOCore
import Testing

@Suite struct GzipDeflaterTests {
    private func packed(_ bytes: [UInt8], pieces: Int) throws -> [UInt8] {
        let deflater = try GzipDeflater()
        var output = ByteBuffer()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { deflater.update($0, into: &output) }
        }
        deflater.finish(into: &output)
        return Array(output.readableBytesView)
    }

    @Test(arguments: [1, 7, 1000, 1 << 20]) func `what is packed unpacks to the same`(pieces: Int) throws {
        let inflated = Inflated(try packed(Sample.text, pieces: pieces))
        #expect(inflated.failure == nil)
        #expect(inflated.bytes == Sample.text)
        #expect(Inflated(try packed([], pieces: pieces)).failure == nil)
    }

    /// A layer is packed twice: for its digest, and on its way.
    @Test func `the same bytes are packed the same, however they come`() throws {
        let noise = Array((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
        #expect(try packed(noise, pieces: 4096) == packed(noise, pieces: 100_000))
    }

    @Test func `the header is the one that Go writes at its fastest`() throws {
        #expect(Array(try packed(Sample.text, pieces: 100).prefix(10)) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 255])
    }
}
