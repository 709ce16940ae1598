// SPDX-License-Identifier: Apache-2.0

import ItemLists
import OCI
import Planning
import Reporting
import Testing
import TransferEngine

@Suite struct ShardedItemsTests {
    private func parts(of whole: ListedItems, count: Int) throws -> [ShardedItems] {
        let items = Array(whole.transferItems(nil))
        return try (0..<count).map {
            ShardedItems(
                try Shard(index: $0, count: count), of: whole, run: items, survey: survey(items.count))
        }
    }

    @Test func `the parts of all machines are the list, and each part names what it leaves to others`() throws {
        let whole = try listed((0..<20).map { "quay.io/a/b\($0):1 localhost:5000/b\($0):1\n" }.joined())
        let all = Set(whole.names)
        let parts = try parts(of: whole, count: 3)
        for part in parts {
            #expect(Set(part.listed.names).union(part.elsewhere) == all)
            #expect(part.listed.names.count + part.elsewhere.count == 20)
        }
        #expect(parts.map(\.listed.items.count).reduce(0, +) == 20)
        #expect(Set(parts.map(\.planDigest)).count == 1)
    }

    @Test func `an item is copied by the digest that was read, to the tag that the list says`() throws {
        let whole = try listed("quay.io/a/b:1 localhost:5000/b:1\n")
        let item = try #require(try parts(of: whole, count: 1)[0].listed.transferItems(nil).first)
        #expect(item.source.digest == digest("manifest 0"))
        #expect(item.target.digest == nil && item.target.tag?.name == "1")
    }

    @Test func `a filter that selects nothing is told by one machine`() throws {
        let whole = try listed("quay.io/a/b:9* localhost:5000/b\n", tags: ["quay.io/a/b": ["1"]])
        let parts = try parts(of: whole, count: 4)
        #expect(parts.map(\.listed.failed.count).sorted() == [0, 0, 0, 1])
        #expect(parts.map(\.elsewhere.count).sorted() == [0, 1, 1, 1])
    }

    @Test func `a line whose tags could not be listed is told by every machine`() throws {
        let parts = try parts(of: listed("quay.io/a/b:9* localhost:5000/b\n"), count: 4)
        #expect(parts.allSatisfy { $0.listed.failed.count == 1 && $0.elsewhere.isEmpty })
    }

    @Test func `says how many items a moving tag can leave to no machine`() throws {
        let hex = String(repeating: "a", count: 64)
        let pinned = try listed("quay.io/a/b@sha256:\(hex) localhost:5000/b:1\n")
        #expect(try parts(of: pinned, count: 2)[0].notes.count == 1)
        let tagged = try listed("quay.io/a/b:1 localhost:5000/b:1\nquay.io/a/c:1 localhost:5000/c:1\n")
        let notes = try parts(of: tagged, count: 2)[0].notes
        #expect(notes.count == 2 && notes[1].hasPrefix("items named by tag: 2. "))
    }
}
