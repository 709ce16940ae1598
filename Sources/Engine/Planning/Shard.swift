// SPDX-License-Identifier: Apache-2.0

import OCI

/// One machine's part of a run that several machines do together.
package struct Shard: Hashable, Sendable, CustomStringConvertible {
    /// 0 to `count` - 1, as `JOB_COMPLETION_INDEX` and `CLOUD_RUN_TASK_INDEX` count.
    package let index: Int
    package let count: Int

    /// The largest number of shards. It only catches typing mistakes.
    package static let most = 10_000

    package init(index: Int, count: Int) throws(ShardError) {
        guard (1...Self.most).contains(count) else { throw .count(count) }
        guard (0..<count).contains(index) else { throw .index(index, count: count) }
        self.index = index
        self.count = count
    }

    /// Reads `I/N`.
    package init(parsing text: String) throws(ShardError) {
        let halves = text.split(separator: "/", omittingEmptySubsequences: false).map { Int(decimal: $0) }
        guard halves.count == 2, let index = halves[0], let count = halves[1] else { throw .form(text) }
        try self.init(index: index, count: count)
    }

    package var description: String { "\(index)/\(count)" }
}

/// Why a text is not a valid shard.
package enum ShardError: Error, Hashable, CustomStringConvertible {
    case form(String)
    case count(Int)
    case index(Int, count: Int)

    package var description: String {
        switch self {
        case .form(let text): "\"\(text.displayable)\" is not a shard: write I/N, as 0/8"
        case .count(let count): "there can be 1 to \(Shard.most) shards, not \(count)"
        case .index(let index, let count):
            "there is no shard \(index) of \(count): shards count from 0, so they are 0/\(count) to \(count - 1)/\(count)"
        }
    }
}
