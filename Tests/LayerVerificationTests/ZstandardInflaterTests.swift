// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

@testable import LayerVerification

/// Streams made by zstd 1.5, read piece by piece.
@Suite struct ZstandardInflaterTests {
    private static let text = Array(
        (0..<300).map { "line \($0 * $0 % 97) of \($0 * 7 % 31)\n" }.joined().utf8)

    /// Of the text, at levels 19 and 1: codes of all kinds, in one stream and in four.
    private static let packed = bytes(
        "KLUv/QRovQ8AZiNDEbBXcn0EMUkQabesiNSFODIIQgA8ADsA92g2tT0S5dmkEWY6mSgcNAwh68NYSncb6HMMa3qQkV78micx"
            + "vskmDXVDaWL16JXMxmaW9qoigBAwcBAQAgQMCAoCsvCE6Fm9fkxByPgsbiLtNH7NmPUq6NbMt9awk04mznEGmRh+q7N9iAnL"
            + "ZhofOSjZno4j8zGXEKGEXGIYQcj4LG4i7TR+zZj1KujWzLfWsJNOJs5xhonhtzrbhwjLZhofOSjZno4j8zGXEKGEXIb3aJza"
            + "HonybI1+zZj1KujWzLfWdNLJxDnOMDH8Vmf7EGHZTOMjByWPPR1H5mMuIUIJuQzv0Ti1PRLlbw3ZhOhZvX5MAYFEqCFAfu/h"
            + "riDF6hFwiCMgQgzOXuk3jBpR8iiRtDQkPPg0IdkJmFvdEBaO0kWOCGnI3Jge/PoIbqm4mZNQBeYw+ld9gZ0YUrVS0aDSZvcL"
            + "p4yilEfJpKef4bFHiYygA6thQY/EKZw8rGKknDnEvD5bcJPKGqMPdWAOo/8oX4h6cK1UVKCekY9orUxR4lE6qel8eFxDKANc"
            + "gZm4Qidk3Dk5yQObMhMFP+E1NbpNhymAmk63jKcDcnbO3QDIxvoA4F3vALHj9Ugw8x0+hHsICvhu0eCjYq03xLnB2vFh4BEa"
            + "6FA8sMKFvgpDqrOZ")
    private static let quicklyPacked = bytes(
        "KLUv/QRIBRUANiRNErAlbdaBgg8Dkr1p005bMQgHAlYARABAAKUoGYPMK2MQOp4cGYNcZQzSEsAgIBDaMitjkJExCE0Ag4BA"
            + "oPo8U8YgHxmDUAUwCAgEq4xBzsoY5AQwCAgEU8YgFsAgIBBKxiAUwCAgEISMQYQABgFBn7NpbrlVTk83ohy6zRv7BNGrZqYz"
            + "nob8b+4YP2RXVFNUV2RzN9b8Gzm81WRWGYNUkS4oYxAbGYMI6nVM3m0xMgb5EAPU0zz7OZvmlqvT04j6mefSq2am9oyG/M0d"
            + "45BdUU0V1c3dWPNvJA2tNZlVSRcuiqmKUtT0nLbKLu3nD/U8U/BswiljEP986mmeVPs0t9zi9HQjyqHbvLFPEL1qZjrjacj/"
            + "ZEe4KKYqqK5szmj+jRyeZKQJOo6Fi2Kqoue0yi7t5weBRaixUFuQJHUKbQfhxpAIygMRQAhCIkKLY3sdiCgwI3ZCJlynZEcj"
            + "h0d/muF1xa5rR2xc0/fkIumy9CgqpyoWS6jutJK3bioMY30H4Cw9nzurtgVoYDCSWXNGGWAzaUVa5lZUNHmtHbuO5CjqgG7H"
            + "SybJX/2s1eCNJJiJoqqxhc7LJfqMxA6H2HWKORrK8MhO+xTUWlEPNlXBQSOfkt+FGTwb/+HgqXEK4goqA96RbJ1OYzf4gkTS"
            + "i3SoknfbCAwNXXbkeQsjdEvqihhAqLZPXV5u1EXJB3miSL+4HFdFzAALgJE4Foqe0WGa0ES+Y0BxdArN4zwvEFUbfUgNGzzM"
            + "pyGclzeEqfBHjRnuANKkRjCyWk+oNz2VudRRtQfrJ91U3KjKSf10BBpU9fTkrMfDTLiXqyxZO+sbtcqc5fKMtGABYEGPTDyv"
            + "feU3iH3Q9hFOkc0szV6TewJJrIQWFi3XrNC/XmokoawCQ6qzmQ==")
    /// `abc`, a thousand times: a match that runs into itself.
    private static let run = bytes("KLUv/QRYVQAAGGFiYwEAstN3Q8YDSYQ=")

    private static func bytes(_ text: String) -> [UInt8] { Base64.decode(text) ?? [] }

    private func inflate(_ bytes: [UInt8], piece: Int = 1 << 16, limit: ExpansionLimit = ExpansionLimit()) throws
        -> [UInt8]
    {
        let inflater = try ZstandardInflater(limit: limit)
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try bytes[start..<min(bytes.count, start + piece)].withUnsafeBytes { piece in
                try inflater.update(piece) { output += $0 }
            }
        }
        try inflater.finish()
        return output
    }

    @Test(arguments: [1, 7, 1 << 16]) func `unpacks what zstd packed, in pieces of any size`(piece: Int) throws {
        #expect(try inflate(Self.packed, piece: piece) == Self.text)
        #expect(try inflate(Self.quicklyPacked, piece: piece) == Self.text)
        #expect(try inflate(Self.run, piece: piece) == Array(repeatElement("abc", count: 1000).joined().utf8))
    }

    @Test func `reads frame after frame, past frames that are to be skipped`() throws {
        let skipped: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
        for piece in [1, 1 << 16] {
            let bytes = skipped + Self.packed + skipped + Self.packed + skipped
            #expect(try inflate(bytes, piece: piece) == Self.text + Self.text)
        }
    }

    private func failure(of bytes: [UInt8], limit: ExpansionLimit = ExpansionLimit()) -> LayerFailure? {
        #expect(throws: LayerFailure.self) { try inflate(bytes, limit: limit) }
    }

    @Test func `a stream that ends in the middle is refused, wherever that is`() {
        for count in 0..<Self.packed.count {
            #expect(failure(of: Array(Self.packed.prefix(count)))?.reason == .truncated)
        }
    }

    /// The checksum at the end sees to that: bits that mean nothing are few.
    @Test func `a damaged byte is refused or changes nothing`() {
        for position in Self.packed.indices {
            var damaged = Self.packed
            damaged[position] ^= 0x10
            let output = try? inflate(damaged)
            #expect(output == nil || output == Self.text, "byte \(position)")
        }
    }

    @Test func `what is no frame, wants a dictionary or too much memory is refused`() {
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        // The second one begins like a frame of zstd 0.5, which libzstd may be built to decode.
        let version05: [UInt8] = [0x25, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0]
        for header in [[1, 2, 3, 4, 5], version05, magic + [0x08, 0], magic + [0x21, 7, 0]] as [[UInt8]] {
            guard case .header? = failure(of: header)?.reason else {
                Issue.record("\(header)")
                continue
            }
        }
        #expect(failure(of: magic + [0, 0xF8])?.reason == .window)
        #expect(failure(of: magic + [0, 0x90])?.reason == .window)
        #expect(failure(of: magic + [0, 0, 7, 0, 0])?.reason == .data("Data corruption detected"))
    }

    /// The header, without its magic number, and the first block begin like a skippable frame that reaches to the end of the
    /// stream. libzstd 1.5.4 takes them for one if they come together behind the magic number.
    @Test(arguments: [1, 4, 5, 13, 1 << 16])
    func `a frame that contains the header of a skippable frame is not skipped`(piece: Int) throws {
        let size = 0x184D + 256
        let text = [0] + Array(repeating: UInt8(ascii: "a"), count: size - 1)
        func block(_ content: ArraySlice<UInt8>, isLast: Bool = false) -> [UInt8] {
            let header = content.count << 3 | (isLast ? 1 : 0)
            return [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16)] + content
        }
        let header: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x50, 0x2A, 0x4D, 0x18]
        let frame = header + block(text[..<811]) + block([]) + block([]) + block([]) + block(text[811...], isLast: true)
        #expect(frame.count == 4 + 8 + (811 << 3))
        #expect(try inflate(frame, piece: piece) == text)
    }

    @Test func `what follows the last frame is refused, and told where it begins`() {
        let failure = failure(of: Self.run + [0, 0, 0, 0, 0])
        #expect(failure?.reason == .trailing && failure?.part == 2)
        #expect(failure?.description.hasPrefix("at byte ") == true)
    }

    @Test func `a checksum that is wrong is told as that`() {
        var damaged = Self.packed
        damaged[damaged.count - 1] ^= 1
        #expect(failure(of: damaged)?.reason == .checksum)
    }

    @Test func `expands no further than is allowed`() {
        let failure = failure(of: Self.run, limit: ExpansionLimit(floor: 100, ratio: 1))
        #expect(failure?.isExcess == true)
    }

    @Test func `the header of the first frame says how far it looks back`() {
        let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
        for (header, window): ([UInt8], Int?) in [
            ([0, 0], 1 << 10), ([0, 0x68], 1 << 23), ([0, 0x69], (1 << 23) + (1 << 20)),
            // All of the content is the window: in one byte, in two, in eight, behind a dictionary's number.
            ([0x20, 200], 200), ([0x60, 1, 1], 513), ([0xE0, 0, 0, 0, 8, 0, 0, 0, 0], 1 << 27), ([0x21, 7, 9], 9),
            ([0xE0] + [UInt8](repeating: 0xFF, count: 8), .max), ([0xE0, 1], nil), ([0], nil),
        ] {
            #expect(ZstandardInflater.window(of: magic + header) == window, "\(header)")
        }
    }

    @Test func `frames that are to be skipped say nothing of it, the one behind them does`() {
        let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 0, 0, 0]
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x68]
        #expect(ZstandardInflater.window(of: skipped + frame) == 1 << 23)
        #expect(ZstandardInflater.window(of: skipped + skipped + frame) == 1 << 23)
        for head in [skipped, Array(skipped.prefix(7)), skipped + frame.prefix(5), skipped.prefix(4) + frame] {
            #expect(ZstandardInflater.window(of: head) == nil, "\(head)")
        }
        // One that is longer than these bytes.
        #expect(ZstandardInflater.window(of: skipped.prefix(7) + [0xFF] + frame) == nil)
    }
}
