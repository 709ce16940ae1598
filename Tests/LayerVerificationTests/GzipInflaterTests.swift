// SPDX-License-Identifier: Apache-2.0

import LayerVerification
import ProtocolCases
import Testing

@Suite struct GzipInflaterTests {
    @Test(arguments: [1, 2, 7, 1000, .max])
    func `inflates a member, however its bytes are cut`(pieces: Int) {
        let inflated = Inflated(Sample.gzip, pieces: pieces)
        #expect(inflated.failure == nil)
        #expect(inflated.bytes == Sample.text)
    }

    @Test(arguments: [1, 3, 64, 1 << 20])
    func `inflates through a window of any size`(window: Int) {
        #expect(Inflated(Sample.gzip, window: window).bytes == Sample.text)
    }

    @Test(arguments: [1, .max])
    func `takes several members one after the other, empty ones too`(pieces: Int) {
        let inflated = Inflated(Sample.gzip + Sample.member([]) + Sample.gzip, pieces: pieces)
        #expect(inflated.failure == nil)
        #expect(inflated.bytes == Sample.text + Sample.text)
    }

    @Test(arguments: [true, false])
    func `takes headers with extra field, name, comment and checksum`(checksum: Bool) {
        let inflated = Inflated(Sample.memberWithFields(Sample.text, checksum: checksum), pieces: 5)
        #expect(inflated.failure == nil)
        #expect(inflated.bytes == Sample.text)
    }

    @Test func `refuses a header that does not match its checksum, where it begins`() {
        var bytes = Sample.memberWithFields(Sample.text)
        bytes[14] ^= 1
        let failure = Inflated(Sample.gzip + bytes).failure
        #expect(failure?.reason == .header("header crc mismatch"))
        #expect(failure?.offset == Int64(Sample.gzip.count) && failure?.part == 2)
    }

    @Test(arguments: [
        (0, 0x28, LayerFailure.Reason.notGzip(0x28)), (1, 0x8c, .header("incorrect header check")),
        (2, 7, .header("unknown compression method")), (3, 0x20, .header("unknown header flags set")),
        (3, 0x80, .header("unknown header flags set")),
    ])
    func `refuses another magic, method and reserved flags`(
        position: Int, value: UInt8, reason: LayerFailure.Reason
    ) {
        var bytes = Sample.gzip
        bytes[position] = value
        #expect(Inflated(bytes).failure == LayerFailure(reason, in: .gzip, part: 1, at: 0))
    }

    @Test func `refuses a wrong checksum and a wrong length`() {
        let end = Sample.gzip.count
        #expect(Inflated(Sample.gzip.flipping(bit: (end - 8) * 8)).failure?.reason == .checksum)
        let failure = Inflated(Sample.gzip.flipping(bit: (end - 4) * 8)).failure
        #expect(failure?.reason == .length && failure?.offset == Int64(end))
    }

    @Test func `refuses every truncation, within header, data and trailer`() {
        for length in 0..<Sample.gzip.count {
            let failure = Inflated(Array(Sample.gzip[..<length])).failure
            #expect(failure == LayerFailure(.truncated, in: .gzip, part: 1, at: Int64(length)))
        }
        let second = Inflated(Sample.gzip + Sample.gzip.dropLast(3)).failure
        #expect(second?.reason == .truncated && second?.part == 2)
    }

    @Test(arguments: [[0], [0, 0, 0, 0], [0x0a], Array("garbage".utf8)])
    func `refuses anything after the last member, zero bytes too`(garbage: [UInt8]) {
        for pieces in [1, Int.max] {
            let failure = Inflated(Sample.gzip + garbage, pieces: pieces).failure
            #expect(failure == LayerFailure(.trailing, in: .gzip, part: 2, at: Int64(Sample.gzip.count)))
        }
    }

    @Test func `says nothing of an expansion within the limit`() {
        let zeros = Sample.member([UInt8](repeating: 0, count: 100_000))
        let limit = ExpansionLimit(floor: 100_000, ratio: 1, ceiling: 200_000)
        #expect(Inflated(zeros, limit: limit).failure == nil)
    }

    @Test(
        .covers("S19"),
        arguments: [
            ExpansionLimit(floor: 1000, ratio: 200, ceiling: 1 << 40),
            ExpansionLimit(floor: 0, ratio: 2000, ceiling: 65_536),
        ])
    func `stops a bomb by ratio and by size, soon after the limit`(limit: ExpansionLimit) {
        let bomb = Sample.member([UInt8](repeating: 0, count: 10_000_000))
        let inflated = Inflated(bomb, pieces: 64, limit: limit)
        guard case .expansion = inflated.failure?.reason else {
            Issue.record("\(String(describing: inflated.failure))")
            return
        }
        #expect(inflated.bytes.count < 200_000)
    }

    @Test func `a bomb of many members counts as one`() {
        let member = Sample.member([UInt8](repeating: 0, count: 10_000))
        let limit = ExpansionLimit(floor: 50_000, ratio: 1, ceiling: 1 << 40)
        let bomb = [[UInt8]](repeating: member, count: 20).flatMap { $0 }
        if case .expansion? = Inflated(bomb, limit: limit).failure?.reason {} else { Issue.record("not found out") }
    }

    @Test func `bytes that are anything end in a failure, however they are cut`() {
        var state: UInt64 = 42
        for round in 0..<300 {
            // A header that is right, so that the decoder gets to the rest.
            var bytes = Array(Sample.gzip[..<(round % 2 == 0 ? 10 : 60)])
            for _ in 0..<400 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: state >> 33))
            }
            let (whole, cut) = (Inflated(bytes), Inflated(bytes, pieces: 1 + round % 13, window: 1 + round % 40))
            #expect(whole.failure != nil && whole.failure?.reason == cut.failure?.reason)
            #expect(whole.bytes == cut.bytes)
        }
    }

    /// What may pass is a flip that changes nothing inside: header fields gzip does not protect, the bits that fill the
    /// data's last byte, and another spelling of the same bytes. The digest is there for those.
    @Test func `of 2000 flipped bits, none changes what a layer holds unnoticed`() {
        let bytes = Sample.layer.bytes
        let original = Inflated(bytes)
        #expect(original.failure == nil && bytes.count > 10_000)
        var unnoticed = 0
        for flip in 0..<2000 {
            let flipped = Inflated(bytes.flipping(bit: flip * (bytes.count * 8) / 2000))
            guard flipped.failure == nil else { continue }
            unnoticed += 1
            #expect(flipped.bytes == original.bytes, "flip \(flip)")
        }
        #expect(unnoticed < 20)
    }

    @Test func `of the bits of header, data and trailer, only unprotected ones go unnoticed`() {
        // Compressed content is not compressed again but stored, which leaves only one way to spell it.
        let bytes = Sample.member(Array(Sample.gzip.prefix(700)))
        let unnoticed = (0..<bytes.count * 8).filter { Inflated(bytes.flipping(bit: $0)).failure == nil }
        let places = Set(unnoticed.map { $0 / 8 })
        // Text flag; time, extra flags and system; the bits that fill up the byte before a stored block.
        #expect(places == [3, 4, 5, 6, 7, 8, 9, 10], "\(places.sorted())")
    }
}
