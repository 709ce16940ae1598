// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing
import TransshipTesting

@Suite struct NumberTests {
    @Test(arguments: ExtremeNumber.all) func `a decimal number is ASCII digits that fit, and nothing else`(
        number: ExtremeNumber
    ) {
        #expect(Int64(decimal: number.text) == number.value)
        #expect(Int64(saturatingDecimal: number.text).map { $0 >= 0 } ?? true)
        #expect(Double(decimal: number.text).map { $0.isFinite && $0 >= 0 } ?? true)
    }

    @Test func `a decimal number that does not fit can become the largest`() {
        #expect(Int64(saturatingDecimal: "9223372036854775808") == .max)
        #expect(Int64(saturatingDecimal: String(repeating: "9", count: 400)) == .max)
        #expect(Int64(saturatingDecimal: "-1") == nil)
        #expect(UInt8(decimal: "256") == nil && UInt8(saturatingDecimal: "256") == 255)
    }

    @Test(arguments: ["", ".", ".5", "5.", "1.2.3", "1e3", "nan", "inf", "0x1", "+1", "-1", " 1", "1_0", "1.٣"])
    func `a decimal fraction has digits on both sides of its point`(text: String) {
        #expect(Double(decimal: text) == nil)
    }

    @Test func `a decimal fraction is read`() {
        #expect(Double(decimal: "0.25") == 0.25 && Double(decimal: "10") == 10)
    }

    private static let edges: [Int64] = [.min, .min + 1, -1 << 53, -1, 0, 1, 1 << 31, 1 << 53, .max - 1, .max]

    @Test(arguments: edges, edges) func `sums, differences and products that do not fit become the nearest that do`(
        left: Int64, right: Int64
    ) {
        let (one, other) = (Int128(left), Int128(right))
        #expect(left.adding(saturating: right) == Int64(clamping: one + other))
        #expect(left.subtracting(saturating: right) == Int64(clamping: one - other))
        #expect(left.multiplied(saturatingBy: right) == Int64(clamping: one * other))
        #expect([left, right].saturatedSum { $0 } == Int64(clamping: one + other))
    }

    @Test(
        arguments: [
            (0, 0), (1.9, 1), (-1.9, -1), (1e300, .max), (-1e300, .min), (.infinity, .max), (-.infinity, .min),
            (.nan, 0),
            (0x1p62, 1 << 62), (0x1p63, .max), (-0x1p63, .min),
        ] as [(Double, Int64)])
    func `a fraction becomes the whole number before it, or the nearest there is`(value: Double, expected: Int64) {
        #expect(Int64(saturating: value) == expected)
    }

    // MARK: - Where descriptors are read

    private func manifest(size: String) throws(ManifestError) -> Manifest {
        let hex = String(repeating: "ab", count: 32)
        let config = #"{"mediaType":"a/b","digest":"sha256:\#(hex)","size":7}"#
        let layer = #"{"mediaType":"a/b","digest":"sha256:\#(hex)","size":\#(size)}"#
        let text = #"{"schemaVersion":2,"config":\#(config),"layers":[\#(layer)]}"#
        return try Manifest(Array(text.utf8), contentType: .ociManifest)
    }

    @Test(arguments: ExtremeNumber.all) func `a descriptor's size is 0 to 16 TiB, or its manifest is refused`(
        number: ExtremeNumber
    ) {
        let expected = number.value.flatMap { $0 <= 1 << 44 ? $0 : nil }
        // JSON allows blanks around its numbers.
        let isBlank = number.text.contains(" ")
        #expect((try? manifest(size: number.text))?.blobs[1].size == (isBlank ? 1 : expected))
    }

    @Test(arguments: ExtremeNumber.all) func `a JSON number is finite, or there is none`(number: ExtremeNumber) {
        guard let json = try? JSON(Array(number.text.utf8)) else { return }
        #expect(json.double.map(\.isFinite) ?? true)
    }
}
