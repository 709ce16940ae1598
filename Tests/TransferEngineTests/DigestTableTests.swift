// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

@Suite struct DigestTableTests {
    /// Of both algorithms, some with a beginning in common.
    private static let digests = [Digest.Algorithm.sha256, .sha512].flatMap { algorithm in
        (0..<40).map { number in
            var hash = [UInt8](repeating: UInt8(number / 8), count: algorithm.hexLength / 2)
            hash[number % 8] = 0xEE
            return Digest(algorithm, hash: hash)
        }
    }

    @Test func `what was said last of a digest and a number is known, whatever else is`() {
        struct Key: Hashable {
            var digest: Digest
            var number: UInt32
        }
        var random = SeededGenerator(seed: 7)
        var table = DigestTable<Int>()
        var model: [Key: Int] = [:]
        for step in 0..<5000 {
            let key = Key(
                digest: Self.digests.randomElement(using: &random) ?? Self.digests[0],
                number: .random(in: 0..<3, using: &random))
            model[key] = step % 3 == 0 ? nil : step
            table[key.digest, key.number] = model[key]
            #expect(table[key.digest, key.number] == model[key])
        }
        for digest in Self.digests {
            for number in 0..<UInt32(4) {
                #expect(table[digest, number] == model[Key(digest: digest, number: number)])
            }
        }
    }

    @Test func `digests are told apart by every digit`() {
        let zero = String(repeating: "0", count: 64)
        var table = DigestTable<Int>()
        for position in 0..<64 {
            var digits = Array(zero)
            digits[position] = "f"
            guard let digest = try? Digest("sha256:" + String(digits)) else { continue }
            #expect(table[digest, 0] == nil)
            table[digest, 0] = position
            #expect(table[digest, 0] == position)
        }
    }
}
