// SPDX-License-Identifier: Apache-2.0

import ImageFixtures
import OCI
import Testing

@Suite struct NoiseTests {
    @Test(arguments: [0, 1, 7, 8, 1_000, 1 << 20, (1 << 20) + 1, 3 << 20] as [Int64])
    func `has the size asked for, in chunks that are not empty`(size: Int64) {
        let chunks = Array(Noise(seed: 1).content(size: size))
        #expect(chunks.reduce(0) { $0 + $1.count } == Int(size))
        #expect(!chunks.contains { $0.isEmpty })
    }

    @Test func `follows from its seed`() {
        let noise = Noise("a", "1").content(size: 100)
        #expect(noise.bytes == noise.bytes)
        #expect(noise.bytes == Noise("a", "1").content(size: 100).bytes)
        #expect(noise.bytes != Noise("a", "2").content(size: 100).bytes)
        #expect(Noise("ab", "c").seed != Noise("a", "bc").seed)
    }

    @Test func `cannot be compressed`() {
        let noise = Noise(seed: 7).content(size: 300_000)
        #expect(noise.gzipped(level: 9).bytes.count > 299_000)
    }
}

@Suite struct GzipTests {
    @Test(arguments: [0, 1, 6, 9] as [Int32])
    func `inflates to what went in`(level: Int32) throws {
        let content = FixtureContent(Array(String(repeating: "some text, ", count: 100_000).utf8))
        #expect(try inflated(content.gzipped(level: level).bytes) == content.bytes)
    }

    @Test func `compresses nothing, and chunks of any size`() throws {
        #expect(try inflated(FixtureContent([]).gzipped().bytes).isEmpty)
        let noise = Noise(seed: 3).content(size: (3 << 20) + 5)
        #expect(try inflated(noise.gzipped(level: 0).bytes) == noise.bytes)
    }

    @Test func `is the same every time, without name and time`() {
        let content = FixtureContent(Array("text".utf8)).gzipped()
        #expect(content.bytes == content.bytes)
        #expect(content.bytes.prefix(8) == [0x1F, 0x8B, 8, 0, 0, 0, 0, 0])
    }
}

@Suite struct TarTests {
    private let archive = FixtureContent.tar([
        TarEntry("etc", .directory), .text("etc/name", "fixture\n"), .text("run", "#!/bin/sh\n", mode: 0o755),
        TarEntry("link", .link(to: "etc/name")), .text("empty", ""),
    ]).bytes

    private func text(_ range: Range<Int>) -> String {
        String(decoding: archive[range].prefix { $0 != 0 }, as: UTF8.self)
    }

    @Test func `holds its entries in whole blocks, and two empty blocks at the end`() {
        // Five headers, two blocks of content, the end.
        #expect(archive.count == (5 + 2 + 2) * 512)
        #expect(archive.suffix(1024).allSatisfy { $0 == 0 })
        #expect(text(0..<100) == "etc/")
        #expect(text(512..<612) == "etc/name")
        #expect(text(1024..<1032) == "fixture\n")
    }

    @Test func `says type, mode, size and link in ustar's fields`() {
        #expect(archive[156] == UInt8(ascii: "5"))
        #expect(archive[512 + 156] == UInt8(ascii: "0"))
        #expect(text(512 + 124..<512 + 136) == "00000000010")
        #expect(text(1536 + 100..<1536 + 108) == "0000755")
        #expect(archive[2560 + 156] == UInt8(ascii: "2"))
        #expect(text(2560 + 157..<2560 + 257) == "etc/name")
        #expect(text(257..<263) == "ustar")
    }

    @Test func `sums its headers up with the sum's own field blank`() {
        let header = Array(archive[0..<512])
        let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        #expect(
            text(148..<154) == String(repeating: "0", count: 6 - String(sum, radix: 8).count) + String(sum, radix: 8))
    }
}

@Suite struct ZstandardTests {
    @Test func `is a frame of raw blocks of at most 128 KiB with an empty last one`() {
        let content = Noise(seed: 5).content(size: 300_000)
        let frame = content.zstandard().bytes
        #expect(frame.prefix(6) == [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x58])
        var offset = 6
        var unpacked: [UInt8] = []
        while true {
            let header = Int(frame[offset]) | Int(frame[offset + 1]) << 8 | Int(frame[offset + 2]) << 16
            let size = header >> 3
            #expect(header & 0b110 == 0)
            #expect(size <= 128 << 10)
            unpacked += frame[offset + 3..<offset + 3 + size]
            offset += 3 + size
            if header & 1 == 1 { break }
        }
        #expect(offset == frame.count)
        #expect(unpacked == content.bytes)
    }
}
