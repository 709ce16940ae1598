// SPDX-License-Identifier: Apache-2.0

import OCI

/// Items in a row in which those that share content are neighbours.
///
/// The contents that an item shares with others are its sort key; the content that saves most comes first. Sorted by this
/// key, images with the same base stand together, and among them those that share more.
struct ContentOrder {
    /// Something that has a weight for an item: a content, or the item's repository.
    struct Load {
        var bytes: Int64
        /// Bytes, plus the cost of the requests in bytes.
        var weight: Int64
    }

    /// A token and the first requests to a repository cost about as much as this many bytes take to send.
    private static let repositoryWeight: Int64 = 1 << 20
    /// The two or three requests for one blob or manifest cost about as much as this many bytes.
    private static let requestWeight: Int64 = 64 << 10

    /// Positions of the pieces that could be read, in order.
    let items: [Int]
    /// The numbers of the loads of each item in `items`.
    let members: [[Int]]
    let loads: [Load]
    /// The bytes of all items together. Each content counts once.
    let bytes: Int64

    init(_ pieces: [PartitionItem], contents: [SharedContent]) {
        var loads = contents.map { Load(bytes: $0.size, weight: $0.size.adding(saturating: Self.requestWeight)) }
        var names = contents.map(\.digest.text)
        var repositories: [String: Int] = [:]
        var members = pieces.map { $0.contents.map { Array(Set($0)) } }
        for (position, piece) in pieces.enumerated() where piece.contents != nil {
            let number = repositories[piece.repository] ?? loads.count
            if repositories.updateValue(number, forKey: piece.repository) == nil {
                loads.append(Load(bytes: 0, weight: Self.repositoryWeight))
                names.append(piece.repository)
            }
            members[position]?.append(number)
        }
        let known = pieces.indices.filter { members[$0] != nil }
        let ranks = Self.ranks(of: loads, named: names, in: known.map { members[$0] ?? [] })
        let sortKeys = members.map { Self.sortKey(of: $0 ?? [], ranks) }
        items = known.sorted { left, right in
            if sortKeys[left] != sortKeys[right] { return sortKeys[left].lexicographicallyPrecedes(sortKeys[right]) }
            return (pieces[left].repository, pieces[left].name) < (pieces[right].repository, pieces[right].name)
        }
        self.members = items.map { members[$0] ?? [] }
        self.loads = loads
        bytes = Set(self.members.joined()).saturatedSum { loads[$0].bytes }
    }

    /// A shared load: where it stands among those of one item, and how it compares with those of others.
    private struct Rank {
        /// The rank by what sharing saves; the largest saving comes first.
        var bySaving: Int
        /// The rank by name. An item that moves to another part changes what sharing saves; this must not move all other
        /// items.
        var byName: Int
    }

    private static func sortKey(of members: [Int], _ ranks: [Rank?]) -> [Int] {
        members.compactMap { ranks[$0] }.sorted { $0.bySaving < $1.bySaving }.map(\.byName)
    }

    /// The rank of each load; nil for a load that only one item has.
    private static func ranks(of loads: [Load], named names: [String], in members: [[Int]]) -> [Rank?] {
        var users = Array(repeating: 0, count: loads.count)
        for member in members.joined() { users[member] += 1 }
        func saved(_ load: Int) -> Int64 {
            loads[load].weight.multiplied(saturatingBy: Int64(users[load] - 1))
        }
        let shared = loads.indices.filter { users[$0] > 1 }
            .sorted { (saved($1), names[$0]) < (saved($0), names[$1]) }
        var ranks: [Rank?] = Array(repeating: nil, count: loads.count)
        for (position, load) in shared.enumerated() { ranks[load] = Rank(bySaving: position, byName: 0) }
        for (position, load) in shared.sorted(by: { names[$0] < names[$1] }).enumerated() {
            ranks[load]?.byName = position
        }
        return ranks
    }
}
