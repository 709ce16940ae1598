// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import TransshipTesting

@testable import TransshipKit

@Suite struct EventTests {
    @Test func `a reader gets the end of every item, and may keep what it saw`() async throws {
        try await withStage { stage in
            for name in ["a", "b"] { try await stage.source.add(SampleImage(layers: [name], name: name), as: name) }
            var ended: [Int] = []
            var placed = 0
            let results = try await stage.transship.copy([stage.item("a"), stage.item("b")]) { events in
                for await event in events {
                    switch event {
                    case .itemFinished(let result): ended.append(result.position)
                    case .blobPlaced(_, let bytes, let sent, _): placed += bytes == sent ? 1 : 0
                    default: break
                    }
                }
            }
            #expect(ended.sorted() == [0, 1])
            #expect(placed == results.reduce(0) { $0 + $1.blobs.sent })
        }
    }

    @Test func `a reader that returns early leaves the run to its end`() async throws {
        try await withStage { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            let results = try await stage.transship.copy([stage.item()]) { events in
                for await _ in events { return }
            }
            #expect(results.map { $0.copied != nil } == [true])
        }
    }

    private struct Enough: Error {}

    private final class Written: Sendable { let count = Atomic<Int>(0) }

    @Test func `a reader that throws ends the run, and its error comes out`() async throws {
        try await withStage { stage in
            try await stage.source.add(SampleImage(layers: ["one"]))
            let items = try (0..<100).map { _ in try stage.item() }
            await #expect(throws: Enough.self) {
                try await stage.transship.copy(items) { events in
                    for await _ in events { throw Enough() }
                }
            }
        }
    }

    @Test func `holds a writer while nobody reads, and loses nothing`() async {
        let buffer = EventBuffer<Int>()
        let count = 3 * EventBuffer<Int>.limit
        let written = Written()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<count {
                    await buffer.put(number)
                    written.count.store(number + 1, ordering: .relaxed)
                }
                buffer.finish()
            }
            var read: [Int] = []
            while let number = await buffer.next() {
                read.append(number)
                // What is written and not read is never more than the limit, and the one that waits.
                #expect(written.count.load(ordering: .relaxed) - read.count <= EventBuffer<Int>.limit)
            }
            #expect(read == Array(0..<count))
        }
    }

    @Test func `lets a writer go when nobody will read any more`() async {
        let buffer = EventBuffer<Int>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for number in 0..<3 * EventBuffer<Int>.limit { await buffer.put(number) } }
            _ = await buffer.next()
            buffer.abandon()
            await group.waitForAll()
        }
        #expect(await buffer.next() == nil)
    }
}
