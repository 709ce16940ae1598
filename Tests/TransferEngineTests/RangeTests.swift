// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Testing
import TransshipTesting

@testable import TransferEngine

/// Blobs that are read over several connections because one is slow.
@Suite struct RangeTests {
    private static let text = String(repeating: "0123456789", count: 2000)
    private let image = SampleImage(layers: [text])
    private let digest = ContentHash.digest(of: Array(text.utf8))

    /// Buffers have 1000 bytes.
    private func scene() throws -> Scene {
        var scene = Scene()
        scene.settings.ranges.worthwhile = 5000
        scene.settings.ranges.size = 2000
        scene.settings.ranges.watchTime = .seconds(2)
        scene.source.add(image, to: try Repository("big"), tag: .latest)
        return scene
    }

    /// A second for each buffer below an offset, over each connection.
    private func slow(_ scene: Scene, below end: Int64) {
        scene.source.alter(digest) { [clock = scene.clock] bytes, offset in
            if offset < end { clock.advance(by: .seconds(1)) }
            return bytes
        }
    }

    private func reads(_ store: MemoryStore) -> [Int64] {
        store.log.compactMap { if case .blob(_, digest, let offset) = $0 { offset } else { nil } }
    }

    private func run(_ scene: Scene) async throws {
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.copied == image.root.digest)
        #expect(scene.target.contains(image, in: try Repository("m/big")))
        scene.expectClean()
    }

    @Test func `a source that keeps its reader busy is asked once`() async throws {
        let scene = try scene()
        try await run(scene)
        #expect(reads(scene.source) == [0])
    }

    @Test func `a slow source is asked for parts over several connections, each byte once after the split`()
        async throws
    {
        let scene = try scene()
        slow(scene, below: 2000)
        try await run(scene)
        #expect(reads(scene.source).sorted() == [0] + stride(from: 2000, to: 20_000, by: 2000))
    }

    @Test(arguments: [(Duration.seconds(18), 10), (.seconds(19), 1)])
    func `a blob is not split if its rest comes soon enough`(least: Duration, reads: Int) async throws {
        var scene = try scene()
        scene.settings.ranges.worthwhileTime = least
        slow(scene, below: 2000)
        try await run(scene)
        #expect(self.reads(scene.source).count == reads)
    }

    @Test func `where several connections are no faster, the rest comes over one, also of later blobs`() async throws {
        let scene = try scene()
        slow(scene, below: .max)
        try await run(scene)
        let reads = reads(scene.source)
        // Four parts under way, at most four more before the first judgement, then the rest in one.
        #expect(reads.count > 5 && reads.count < 11)
        #expect(reads.max() == reads.last)

        let splits = SplitGate(scene.settings.ranges)
        let stream = splits.enter("source")
        #expect(stream.split())
        stream.join(forGood: true)
        #expect(!splits.enter("source").split() && splits.enter("other").split())
    }

    @Test func `a source that ignores ranges is read over one connection`() async throws {
        let scene = try scene()
        scene.source.ignoresRanges = true
        slow(scene, below: 2000)
        try await run(scene)
    }

    @Test func `a part that cannot be had leaves the rest to one connection`() async throws {
        let scene = try scene()
        scene.source.addFault { operation, earlier in
            guard case .blob(_, _, offset: 6000) = operation, earlier == 0 else { return nil }
            return ContentFailure(.denied, "no parts")
        }
        slow(scene, below: 2000)
        try await run(scene)
        #expect(reads(scene.source).count { $0 == 6000 } == 2)
    }

    @Test func `damage in a part is found by the digest of the whole`() async throws {
        let scene = try scene()
        scene.source.alter(digest) { [clock = scene.clock] bytes, offset in
            if offset < 2000 { clock.advance(by: .seconds(1)) }
            return offset == 9000 ? bytes.map { $0 ^ 1 } : bytes
        }
        let reports = await scene.run([try .copying("big", to: "m/big")])
        #expect(reports[0]?.failure?.cause.kind == .corrupt)
        #expect(scene.target.openSessions == 0)
    }

    @Test func `many streams from one store are not split further`() {
        let gate = SplitGate(RangeSettings())
        let streams = (0..<4).map { _ in gate.enter("busy") }
        #expect(!streams[0].split())
        let alone = gate.enter("quiet")
        #expect(alone.split())
        // One blob of the run at a time.
        #expect(!gate.enter("third").split())
        alone.join(forGood: false)
        #expect(gate.enter("third").split())
    }
}
