// SPDX-License-Identifier: Apache-2.0

/// Tells of most keys that a mapping does not have them, without a look at its entries: scanners ask each mapping for some
/// forty keys. Also tells of most keys that they are not among the words a scanner looks for.
///
/// A key is known by its first byte and its length (a Bloom filter with one hash of 64 bits). Of the keys that a mapping
/// does not have, one in thirty is not told (measured on manifests of Kubernetes).
struct KeySet: Sendable {
    private var bits: UInt64 = 0

    init() {}

    init(_ keys: [String]) {
        for key in keys { bits |= Self.bit(key.utf8.first, key.utf8.count) }
    }

    /// The key that is written in a range of bytes, which are its meaning.
    init(of range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) {
        bits = Self.bit(range.isEmpty ? nil : bytes[range.lowerBound], range.count)
    }

    /// Any key: its bytes do not tell which one.
    static let unknown: KeySet = {
        var all = KeySet()
        all.bits = .max
        return all
    }()

    mutating func formUnion(_ other: KeySet) { bits |= other.bits }

    func mayHold(_ key: String) -> Bool { bits & Self.bit(key.utf8.first, key.utf8.count) != 0 }

    func mayHold(oneOf others: KeySet) -> Bool { bits & others.bits != 0 }

    /// Keys with the same first byte differ in length, and those with the same length in the first byte.
    @inline(__always)
    private static func bit(_ first: UInt8?, _ count: Int) -> UInt64 {
        1 << UInt64(truncatingIfNeeded: (Int(first ?? 0) &+ count &* 26) & 63)
    }
}

extension YAMLParser {
    /// Adds a key to a mapping.
    ///
    /// - Parameter last: the last child so far; -1: none.
    mutating func link(key: Int32, to mapping: Int32, after last: inout Int32) {
        link(key, to: mapping, after: &last)
        let node = nodes[Int(key)]
        // Others are no texts. A mapping in the place of a key has keys of its own.
        guard node.kind == .scalar || node.kind == .alias else { return }
        let range = node.kind == .scalar ? YAMLDocument.simpleRange(of: node, in: bytes) : nil
        let own = range.map { KeySet(of: $0, in: bytes) } ?? .unknown
        nodes[Int(key)].keys = own
        nodes[Int(mapping)].keys.formUnion(own)
    }
}
