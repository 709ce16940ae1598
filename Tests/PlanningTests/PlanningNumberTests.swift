// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Planning
import Testing
import TransshipTesting

@Suite struct PlanningNumberTests {
    @Test(arguments: ExtremeNumber.all) func `a shard is two numbers that make sense, or it is refused`(
        number: ExtremeNumber
    ) {
        let index = try? Shard(parsing: "\(number.text)/2")
        #expect(index?.index == number.value.flatMap { $0 < 2 ? Int($0) : nil })
        let count = try? Shard(parsing: "0/\(number.text)")
        #expect(count?.count == number.value.flatMap { (1...10_000).contains($0) ? Int($0) : nil })
    }

    @Test(arguments: [1, 2, 3, 7]) func `contents of any size are divided, each item once`(shards: Int) {
        let sizes: [Int64] = [.max, .max, .max - 1, 1 << 62, 1 << 44, 0]
        let contents = sizes.enumerated().map {
            SharedContent(digest: ContentHash.digest(of: Array("\($0.offset)".utf8)), size: $0.element)
        }
        let pieces = (0..<12).map { item in
            PartitionItem(name: "\(item)", repository: "r\(item % 3)", contents: [item % 6, (item + 1) % 6])
        }
        let parts = Partition(pieces, contents: contents, shards: shards).shards
        #expect(parts.count == 12 && parts.allSatisfy { (0..<shards).contains($0) })
    }
}
