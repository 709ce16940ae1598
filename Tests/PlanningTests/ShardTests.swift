// SPDX-License-Identifier: Apache-2.0

import Planning
import Testing

@Suite struct ShardTests {
    @Test(arguments: [("0/1", 0, 1), ("0/8", 0, 8), ("7/8", 7, 8)])
    func `reads index and count, counting from 0`(text: String, index: Int, count: Int) throws {
        let shard = try Shard(parsing: text)
        #expect(shard.index == index && shard.count == count)
        #expect(shard.description == text)
    }

    @Test(arguments: [
        ("8/8", "there is no shard 8 of 8: shards count from 0, so they are 0/8 to 7/8"),
        ("-1/8", "\"-1/8\" is not a shard: write I/N, as 0/8"),
        ("0/0", "there can be 1 to 10000 shards, not 0"),
        ("1", "\"1\" is not a shard: write I/N, as 0/8"),
        ("1/", "\"1/\" is not a shard: write I/N, as 0/8"),
        ("a/b", "\"a/b\" is not a shard: write I/N, as 0/8"),
        ("1/2/3", "\"1/2/3\" is not a shard: write I/N, as 0/8"),
    ])
    func `refuses what is no shard and says what would be right`(text: String, message: String) {
        #expect { try Shard(parsing: text) } throws: { "\($0)" == message }
    }
}
