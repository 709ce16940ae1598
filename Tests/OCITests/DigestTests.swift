// SPDX-License-Identifier: Apache-2.0

import OCI
import ProtocolCases
import Testing

private let hex = String(repeating: "0123456789abcdef", count: 4)

@Suite struct DigestTests {
    @Test func `parses sha256 and sha512`() throws {
        let sha256 = try Digest("sha256:" + hex)
        #expect(sha256.algorithm == .sha256)
        #expect(sha256.hex == hex)
        #expect(sha256.short == "0123456789ab")
        #expect(sha256.text == "sha256:" + hex)
        #expect(try Digest("sha512:" + hex + hex).algorithm == .sha512)
    }

    @Test(
        .covers("S16"),
        arguments: [
            "", "sha256", "sha256:\(hex.dropLast())g", "sha256:\(hex.dropLast())/", "sha256:\(hex.uppercased())",
        ])
    func `refuses what is not algorithm and lower-case hexadecimal`(text: String) {
        #expect(throws: DigestError.malformed(text)) { try Digest(text) }
    }

    @Test(
        .covers("S16"),
        arguments: [
            "sha256:", "sha256:abcd", "sha512:\(hex)", "sha256:../../x", "sha256:\(hex)\n", "sha256:\(hex)00",
        ])
    func `refuses a hash of the wrong length`(text: String) {
        #expect(throws: DigestError.wrongLength(text)) { try Digest(text) }
    }

    @Test(
        .covers("S16"),
        arguments: [
            ":", "SHA256:\(hex)", "md5:d41d8cd98f00b204e9800998ecf8427e", "blake3:\(hex)", " sha256:\(hex)",
            "sha384:\(hex)",
        ])
    func `refuses an algorithm it cannot compute`(text: String) {
        #expect(throws: DigestError.unsupportedAlgorithm(text)) { try Digest(text) }
    }

    @Test func `is written from a finished hash`() throws {
        let digest = Digest(.sha256, hash: (0..<32).map { UInt8($0 * 8 + 7) })
        #expect(digest.text == "sha256:070f171f272f373f474f575f676f777f878f979fa7afb7bfc7cfd7dfe7eff7ff")
        #expect(try Digest(digest.text) == digest)
    }

    @Test func `is ordered by its text`() throws {
        let low = Digest(.sha256, hash: [UInt8](repeating: 0, count: 32))
        let high = Digest(.sha256, hash: [UInt8](repeating: 255, count: 32))
        #expect(low < high)
    }

    @Test func `names the broken rule without repeating a hostile text raw`() {
        let description = DigestError.malformed("x\u{1B}]0;owned\u{7}").description
        #expect(description == "\"x\\u{1b}]0;owned\\u{7}\" is not a digest: expected algorithm:lower-case-hex")
    }
}
