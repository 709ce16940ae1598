// SPDX-License-Identifier: Apache-2.0

import Content
import OCI
import Planning
import Testing
import TransshipTesting

/// Images made of numbers: what a list's items share is all that matters here.
private struct Fleet {
    var pieces: [PartitionItem] = []
    var contents: [SharedContent] = []

    mutating func content(_ name: String, _ size: Int64) -> Int {
        contents.append(SharedContent(digest: ContentHash.digest(of: Array(name.utf8)), size: size))
        return contents.count - 1
    }

    mutating func add(_ name: String, repository: String? = nil, _ members: [Int]?) {
        pieces.append(PartitionItem(name: name, repository: repository ?? name, contents: members))
    }

    /// Images over stacks of five layers of 8 to 20 MiB, each with its own small ones.
    static func stacks(_ stacks: Int, images: Int, name: String = "") -> Fleet {
        var fleet = Fleet()
        let bases = (0..<stacks).map { stack in
            (0..<5).map { fleet.content("\(name)base \(stack) \($0)", Int64(8 + 3 * $0) << 20) }
        }
        for image in 0..<images {
            let own = (0..<2).map { fleet.content("\(name)own \(image) \($0)", 16 << 10) }
            fleet.add("\(name)app\(image)", bases[image % stacks] + own)
        }
        return fleet
    }

    /// Anything: sizes over six orders of magnitude, random sharing, several tags to a repository.
    static func random(_ random: inout SeededGenerator, items: Int) -> Fleet {
        var fleet = Fleet()
        let shared = (0..<max(1, items / 4)).map {
            fleet.content("shared \($0)", Int64(1) << Int64.random(in: 5...26, using: &random))
        }
        for item in 0..<items {
            var members = (0..<Int.random(in: 0...4, using: &random)).map { _ in shared.randomElement(using: &random)! }
            members.append(fleet.content("own \(item)", Int64(1) << Int64.random(in: 5...24, using: &random)))
            let isKnown = Int.random(in: 0..<20, using: &random) > 0
            fleet.add("item\(item)", repository: "repo\(item / 3)", isKnown ? members : nil)
        }
        return fleet
    }

    func partition(_ count: Int) -> [Int] { Partition(pieces, contents: contents, shards: count).shards }

    func bytes(_ shards: [Int], of shard: Int? = nil) -> Int64 {
        let members = pieces.indices.filter { shard == nil || shards[$0] == shard }
        return Set(members.flatMap { pieces[$0].contents ?? [] }).reduce(0) { $0 + contents[$1].size }
    }

    /// All parts together, content that two of them need counted twice.
    func sent(_ shards: [Int], _ count: Int) -> Int64 { (0..<count).reduce(0) { $0 + bytes(shards, of: $1) } }
}

@Suite struct PartitionTests {
    @Test(arguments: 0..<40) func `every item belongs to exactly one of the shards`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let fleet = Fleet.random(&random, items: Int.random(in: 0...120, using: &random))
        let count = Int.random(in: 1...17, using: &random)
        let shards = fleet.partition(count)
        #expect(shards.count == fleet.pieces.count)
        #expect(shards.allSatisfy { (0..<count).contains($0) })
    }

    @Test(arguments: 0..<40) func `the order of the list and of its contents changes nothing`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let fleet = Fleet.random(&random, items: 80)
        var shuffled = Fleet()
        let order = fleet.contents.indices.shuffled(using: &random)
        shuffled.contents = order.map { fleet.contents[$0] }
        let places = Dictionary(uniqueKeysWithValues: zip(order, order.indices))
        shuffled.pieces = fleet.pieces.shuffled(using: &random)
        for position in shuffled.pieces.indices {
            shuffled.pieces[position].contents = shuffled.pieces[position].contents?.map { places[$0]! }
        }
        let (one, other) = (fleet.partition(7), shuffled.partition(7))
        #expect(
            Dictionary(uniqueKeysWithValues: zip(fleet.pieces.map(\.name), one))
                == Dictionary(uniqueKeysWithValues: zip(shuffled.pieces.map(\.name), other)))
    }

    @Test(arguments: 0..<40) func `all shards together send at most a tenth more than one run`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let fleet = Fleet.random(&random, items: Int.random(in: 1...200, using: &random))
        let count = Int.random(in: 2...16, using: &random)
        let shards = fleet.partition(count)
        #expect(Double(fleet.sent(shards, count)) <= 1.1 * Double(fleet.bytes(shards)))
    }

    @Test(arguments: [(10, 200, 8), (10, 200, 4), (16, 400, 8), (40, 300, 8), (3, 90, 2)])
    func `images over one base stay together`(stacks: Int, images: Int, count: Int) {
        let fleet = Fleet.stacks(stacks, images: images)
        let shards = fleet.partition(count)
        #expect(Double(fleet.sent(shards, count)) <= 1.1 * Double(fleet.bytes(shards)))
        let heaviest = (0..<count).map { fleet.bytes(shards, of: $0) }.max() ?? 0
        // No stack is cut in two, so a part has the fair number of stacks, rounded up.
        let stack = fleet.bytes(shards) / Int64(stacks)
        #expect(heaviest <= stack * Int64((stacks + count - 1) / count) + stack / 2)
    }

    @Test(arguments: 2..<12) func `what shares nothing is divided evenly`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        var fleet = Fleet()
        for item in 0..<300 {
            fleet.add("item\(item)", [fleet.content("\(item)", Int64.random(in: 1...(8 << 20), using: &random))])
        }
        let shards = fleet.partition(count)
        let fair = fleet.bytes(shards) / Int64(count)
        for shard in 0..<count { #expect(abs(fleet.bytes(shards, of: shard) - fair) <= 16 << 20) }
    }

    @Test func `small items are divided by number, and a repository's stay together`() {
        var fleet = Fleet()
        for item in 0..<400 {
            fleet.add("item\(item)", repository: "repo\(item / 10)", [fleet.content("\(item)", 4096)])
        }
        let shards = fleet.partition(4)
        for shard in 0..<4 { #expect((90...110).contains(shards.count { $0 == shard })) }
        let cut = Set(shards.indices.map { "\($0 / 10) \(shards[$0])" }).count - 40
        #expect(cut <= 3)
    }

    @Test func `what could not be read goes by its name, whatever else is in the list`() {
        var one = Fleet.stacks(4, images: 20)
        one.add("unreadable", nil)
        var other = Fleet.stacks(7, images: 50, name: "x")
        other.add("unreadable", nil)
        #expect(one.partition(8).last == other.partition(8).last)
    }

    @Test func `an item that changes moves few others`() {
        let before = Fleet.stacks(40, images: 400)
        var after = before
        // One image has moved to another base.
        after.pieces[5].contents = after.pieces[6].contents
        let moved = zip(before.partition(8), after.partition(8)).count { $0 != $1 }
        #expect(moved <= 20)
    }

    @Test func `more shards than items leaves some without work`() {
        let fleet = Fleet.stacks(2, images: 2)
        #expect(Set(fleet.partition(9)).count == 2)
    }

    @Test func `twenty thousand items are divided`() {
        let fleet = Fleet.stacks(200, images: 20_000)
        let shards = fleet.partition(8)
        #expect(Set(shards).count == 8)
    }
}
