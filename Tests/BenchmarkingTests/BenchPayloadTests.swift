// SPDX-License-Identifier: Apache-2.0

import Benchmarking
import Content
import NIOCore
import OCI
import Testing

@Suite struct BenchPayloadTests {
    private func bytes(_ stream: BlobStream) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await buffer in stream { bytes += buffer.readableBytesView }
        return bytes
    }

    @Test(arguments: [64, 4096, 300_000, 17 << 20] as [Int64])
    func `a blob has the size and the digest that its descriptor says`(size: Int64) async throws {
        let payload = BenchPayload(size: size, seed: 1)
        let blob = payload.blob(7)
        let all = try await bytes(payload.bytes(of: blob, 0..<size))
        #expect(Int64(all.count) == size && blob.descriptor.size == size)
        #expect(ContentHash.digest(of: all) == blob.descriptor.digest)
    }

    @Test func `parts of a blob are the blob`() async throws {
        let payload = BenchPayload(size: 1000, seed: 1)
        let blob = payload.blob(0)
        var joined: [UInt8] = []
        for range in [0..<1, 1..<500, 500..<990, 990..<1000] as [Range<Int64>] {
            joined += try await bytes(payload.bytes(of: blob, range))
        }
        #expect(try await bytes(payload.bytes(of: blob, 0..<1000)) == joined)
    }

    @Test func `each number and each seed make another blob, the same one each time`() {
        let digests = [1, 2].flatMap { seed in
            (0..<100).map { BenchPayload(size: 64, seed: seed).blob($0).descriptor.digest }
        }
        #expect(Set(digests).count == 200)
        #expect(BenchPayload(size: 64, seed: 1).blob(0).descriptor.digest == digests[0])
    }
}
