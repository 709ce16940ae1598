// SPDX-License-Identifier: Apache-2.0

/// The codes of a block's literals (RFC 8878, 4.2).
struct HuffmanTable {
    private struct Entry {
        var symbol: UInt8
        var bits: UInt8
    }

    /// Bits of the longest code.
    private let width: Int
    private let entries: [Entry]
    private static let mostBits = 11

    /// Reads a description; says how many bytes it took.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(ZstandardFailure) -> (HuffmanTable, Int) {
        guard let head = bytes.first.map(Int.init) else { throw .truncated }
        let size = head < 128 ? head : (head - 126) / 2
        guard bytes.count > size else { throw .truncated }
        let body = UnsafeBufferPointer(rebasing: bytes[1..<1 + size])
        let weights = head < 128 ? try packedWeights(body) : plainWeights(body, count: head - 127)
        return (try HuffmanTable(weights: weights), 1 + size)
    }

    private static func plainWeights(_ bytes: UnsafeBufferPointer<UInt8>, count: Int) -> [Int] {
        (0..<count).map { (position: Int) -> Int in
            let pair = Int(bytes[position / 2])
            return position % 2 == 0 ? pair >> 4 : pair & 15
        }
    }

    /// Two walks through one table take turns until the bits are used up.
    private static func packedWeights(_ bytes: UnsafeBufferPointer<UInt8>) throws(ZstandardFailure) -> [Int] {
        let (table, used) = try FiniteStateTable.read(bytes, mostAccuracy: 6, mostSymbols: 16)
        guard used <= bytes.count else { throw .truncated }
        var bits = try BackwardBits(UnsafeBufferPointer(rebasing: bytes[used...]))
        var (one, other) = (FiniteState(table, &bits), FiniteState(table, &bits))
        guard bits.left >= 0 else { throw .table }
        var weights: [Int] = []
        while weights.count < 255 {
            weights.append(one.symbol(table))
            if bits.left < one.bits(table) { return weights + [other.symbol(table)] }
            one.advance(table, &bits)
            swap(&one, &other)
        }
        throw .table
    }

    /// - Parameter weights: of all symbols but the last, whose weight fills up what is left.
    init(weights: [Int]) throws(ZstandardFailure) {
        guard weights.count < 256, weights.allSatisfy({ $0 <= Self.mostBits + 1 }) else { throw .table }
        let sum = weights.reduce(0) { $0 + ($1 > 0 ? 1 << ($1 - 1) : 0) }
        guard sum > 0 else { throw .table }
        width = Int.bitWidth - sum.leadingZeroBitCount
        let rest = 1 << width - sum
        guard width <= Self.mostBits, rest & (rest - 1) == 0 else { throw .table }
        let all = weights + [rest.trailingZeroBitCount + 1]
        var entries: [Entry] = []
        for weight in 1...width + 1 {
            for (symbol, own) in all.enumerated() where own == weight {
                let entry = Entry(symbol: UInt8(symbol), bits: UInt8(width + 1 - weight))
                entries += Array(repeating: entry, count: 1 << (weight - 1))
            }
        }
        guard entries.count == 1 << width else { throw .table }
        self.entries = entries
    }

    /// Appends so many symbols of a stream, which has to be used up then.
    func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, count: Int, into output: inout [UInt8]
    ) throws(ZstandardFailure) {
        var bits = try BackwardBits(bytes)
        for _ in 0..<count {
            let entry = entries[bits.peek(width)]
            bits.skip(Int(entry.bits))
            output.append(entry.symbol)
        }
        guard bits.left == 0 else { throw .literals }
    }
}
