// SPDX-License-Identifier: Apache-2.0

import Content
import ImageFixtures
import NIOCore
import OCI
import ProtocolCases
import Synchronization
import Testing

@testable import LayerVerification

@Suite struct LayerCheckTests {
    let workers = InflateWorkers(threads: 2, waitingBytes: 4096)

    /// The layer's bytes, cut and perhaps changed, through the stream every copy goes through.
    private func pass(
        _ bytes: [UInt8], as descriptor: Descriptor, hashing: Digest.Algorithm? = .sha256,
        limit: ExpansionLimit = ExpansionLimit(), pieces: Int = 1000
    ) async throws -> Passed {
        let check = LayerCheck(of: descriptor, hashing: hashing, limit: limit, on: workers) { _ in }
        return await Passed(
            VerifiedBlob(BlobStream(buffers: bytes.buffers(of: pieces)), expecting: descriptor, inspection: check))
    }

    private func descriptor(of bytes: [UInt8]) -> Descriptor {
        Descriptor(
            mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: ContentHash.digest(of: bytes),
            size: Int64(bytes.count))
    }

    @Test(arguments: [1, 100, 100_000])
    func `lets a sound layer pass whole and knows its diff ID`(pieces: Int) async throws {
        let layer = Sample.layer
        let verdict = Found()
        let check = LayerCheck(
            of: layer.gzipDescriptor, hashing: .sha256, limit: ExpansionLimit(), on: workers,
            judge: { verdict.set($0) })
        let passed = await Passed(
            VerifiedBlob(
                BlobStream(buffers: layer.bytes.buffers(of: pieces)), expecting: layer.gzipDescriptor,
                inspection: check))
        #expect(passed.failure == nil && passed.bytes == layer.bytes.count)
        #expect(verdict.value?.diffID == layer.diffID)
    }

    @Test func `a damaged layer with the right digest never comes to its last byte, and is not worth a second try`()
        async throws
    {
        let bytes = Sample.gzip.flipping(bit: (Sample.gzip.count - 5) * 8)
        let passed = try await pass(bytes, as: descriptor(of: bytes), pieces: 1 << 20)
        #expect(passed.bytes == 0)
        #expect(passed.failure?.kind == .corrupt && passed.failure?.retry == .never)
        let message = passed.failure?.message ?? ""
        #expect(message.contains("at byte \(bytes.count - 4)") && message.contains("CRC-32"), "\(message)")
    }

    @Test func `a fault early in a layer ends the stream before all was read`() async throws {
        let bytes = [UInt8](repeating: 0, count: 1_000_000)
        let passed = try await pass(bytes, as: descriptor(of: bytes))
        #expect(passed.bytes < 100_000)
        #expect(passed.failure?.kind == .corrupt && passed.failure?.retry == .later)
    }

    @Test(arguments: ["empty", "cut", "padded"])
    func `nothing, half a layer and too much are refused at their end`(shape: String) async throws {
        let bytes =
            switch shape {
            case "empty": [UInt8]()
            case "cut": Array(Sample.gzip.dropLast())
            default: Sample.gzip + [0]
            }
        let passed = try await pass(bytes, as: descriptor(of: bytes))
        #expect(passed.failure?.kind == .corrupt && passed.bytes < max(1, bytes.count))
    }

    @Test(.covers("S19")) func `a bomb is stopped, and the way to copy it all the same is named`() async throws {
        let bytes = Sample.member([UInt8](repeating: 0, count: 10_000_000))
        let limit = ExpansionLimit(floor: 100_000, ratio: 200, ceiling: 1 << 40)
        let passed = try await pass(bytes, as: descriptor(of: bytes), limit: limit)
        #expect(passed.failure?.kind == .tooLarge && passed.failure?.retry == .never)
        #expect(passed.failure?.hint?.contains("--verify digest") == true)
    }

    @Test func `each of 2000 flipped bits is caught by the copy as a whole`() async throws {
        let layer = Sample.layer
        let bytes = layer.bytes
        for flip in 0..<2000 {
            let flipped = bytes.flipping(bit: flip * (bytes.count * 8) / 2000)
            let passed = try await pass(flipped, as: layer.gzipDescriptor, pieces: 3000)
            #expect(passed.failure?.kind == .corrupt && passed.bytes < bytes.count, "flip \(flip)")
        }
    }

    @Test func `layers that look back far wait for each other's memory`() async throws {
        let workers = InflateWorkers(threads: 1, windowBytes: 100 << 20)
        // A frame of zstd with a window of 64 MiB, whose blocks are still to come.
        let head: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0, 0x80]
        func check() -> LayerCheck {
            LayerCheck(of: descriptor(of: head), hashing: nil, limit: ExpansionLimit(), on: workers) { _ in }
        }
        var first: LayerCheck? = check()
        try await first?.update(ByteBuffer(bytes: head))
        let second = Task {
            let check = check()
            try await check.update(ByteBuffer(bytes: head))
        }
        while workers.windows.waiting == 0 { await Task.yield() }
        #expect(workers.windows.used == 64 << 20)
        first = nil
        try await second.value
        while workers.windows.used > 0 { await Task.yield() }
    }

    @Test func `many layers at once share the workers and the bytes that may wait`() async throws {
        let layer = Sample.layer
        let passed = try await withThrowingTaskGroup(of: Passed.self) { group in
            for number in 0..<40 {
                group.addTask { try await pass(layer.bytes, as: layer.gzipDescriptor, pieces: 100 + number) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(passed.count == 40 && passed.allSatisfy { $0.failure == nil && $0.bytes == layer.bytes.count })
    }
}

/// Keeps a verdict.
private final class Found: Sendable {
    private let state = Mutex<LayerCheck.Verdict?>(nil)
    var value: LayerCheck.Verdict? { state.withLock { $0 } }
    func set(_ verdict: LayerCheck.Verdict) { state.withLock { $0 = verdict } }
}
