// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransferEngine

@testable import Reporting

@Suite struct TransferNeedTests {
    private static func blob(_ number: UInt8, _ size: Int64 = 10, _ algorithm: Digest.Algorithm = .sha256) -> Descriptor
    {
        let hash = [UInt8](repeating: number, count: algorithm.hexLength / 2)
        return Descriptor(mediaType: .octetStream, digest: Digest(algorithm, hash: hash), size: size)
    }

    private let one = StoreID(named: "one.example")
    private let other = StoreID(named: "other.example")

    @Test(arguments: [Digest.Algorithm.sha256, .sha512])
    func `a blob is needed once where it is mounted, and by each repository where it is not`(
        of algorithm: Digest.Algorithm
    ) {
        var need = TransferNeed()
        let blob = Self.blob(1, 10, algorithm)
        for _ in 0..<3 { need.plan(blob, at: one) }
        #expect(need.open == 10)
        need.learn(one, mounts: false)
        #expect(need.open == 30)
        need.place(.sent, blob, bytes: 10, at: one)
        #expect(need.open == 20 && need.sent == 10)
        need.learn(one, mounts: true)
        #expect(need.open == 0)
        need.giveUp(blob, at: one)
        need.learn(one, mounts: false)
        #expect(need.open == 10)
    }

    @Test func `what one registry has is still needed at another one`() {
        var need = TransferNeed()
        for store in [one, other] { need.plan(Self.blob(1), at: store) }
        need.plan(Self.blob(2, 5), at: other)
        #expect(need.open == 25)
        need.place(.mounted, Self.blob(1), bytes: 10, at: one)
        #expect(need.open == 15 && need.sent == 0)
        need.learn(other, mounts: false)
        need.giveUp(Self.blob(2, 5), at: other)
        need.giveUp(Self.blob(2, 5), at: other)
        #expect(need.open == 10)
    }

    @Test func `sizes that are too large for any sum do not end the run`() {
        var need = TransferNeed()
        for _ in 0..<3 {
            need.plan(Self.blob(1, .max), at: one)
            need.plan(Self.blob(2, .max), at: other)
        }
        need.learn(one, mounts: false)
        #expect(need.open == .max)
    }
}
