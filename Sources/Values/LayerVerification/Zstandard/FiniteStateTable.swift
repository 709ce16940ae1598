// SPDX-License-Identifier: Apache-2.0

/// A table of finite state entropy (RFC 8878, 4.1): each state gives a symbol and, with some bits, the next state.
struct FiniteStateTable {
    struct Entry {
        var symbol: UInt8
        var bits: UInt8
        var base: UInt16
    }

    let accuracy: Int
    let entries: [Entry]

    /// One symbol, again and again.
    init(repeating symbol: UInt8) {
        accuracy = 0
        entries = [Entry(symbol: symbol, bits: 0, base: 0)]
    }

    /// - Parameter counts: how many states each symbol has; -1 for less than one.
    init(accuracy: Int, counts: [Int]) throws(ZstandardFailure) {
        let size = 1 << accuracy
        var symbols = [UInt8](repeating: 0, count: size)
        var high = size
        for (symbol, count) in counts.enumerated() where count == -1 {
            high -= 1
            symbols[high] = UInt8(symbol)
        }
        try Self.spread(counts, below: high, over: &symbols)
        var next = counts.map { $0 == -1 ? 1 : $0 }
        entries = symbols.map { symbol in
            let state = next[Int(symbol)]
            next[Int(symbol)] += 1
            let bits = accuracy - (Int.bitWidth - 1 - state.leadingZeroBitCount)
            return Entry(symbol: symbol, bits: UInt8(bits), base: UInt16(state << bits - size))
        }
        self.accuracy = accuracy
    }

    private static func spread(
        _ counts: [Int], below high: Int, over symbols: inout [UInt8]
    ) throws(ZstandardFailure) {
        let size = symbols.count
        let step = size >> 1 + size >> 3 + 3
        var position = 0
        for (symbol, count) in counts.enumerated() where count > 0 {
            for _ in 0..<count {
                symbols[position] = UInt8(symbol)
                repeat { position = (position + step) & (size - 1) } while position >= high
            }
        }
        guard position == 0 else { throw .table }
    }

    /// Reads a table's description; says how many bytes it took.
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, mostAccuracy: Int, mostSymbols: Int
    ) throws(ZstandardFailure) -> (FiniteStateTable, Int) {
        var bits = ForwardBits(bytes)
        let accuracy = try bits.read(4) + 5
        guard accuracy <= mostAccuracy else { throw .table }
        var counts: [Int] = []
        var left = 1 << accuracy
        while left > 0 {
            let count = try count(&bits, left)
            left -= abs(count)
            counts.append(count)
            if count == 0 { try readZeros(&bits, &counts) }
            guard left >= 0, counts.count <= mostSymbols else { throw .table }
        }
        return (try FiniteStateTable(accuracy: accuracy, counts: counts), bits.bytesRead)
    }

    /// Small numbers take a bit less, where there is room for that among the values that can still be.
    private static func count(_ bits: inout ForwardBits, _ left: Int) throws(ZstandardFailure) -> Int {
        let width = Int.bitWidth - (left + 1).leadingZeroBitCount
        let short = (1 << width) - 1 - (left + 1)
        let low = bits.peek(width - 1)
        if low < short {
            _ = try bits.read(width - 1)
            return low - 1
        }
        let value = try bits.read(width)
        return (value >= 1 << (width - 1) ? value - short : value) - 1
    }

    /// Behind a symbol without states: how many more of these follow.
    private static func readZeros(_ bits: inout ForwardBits, _ counts: inout [Int]) throws(ZstandardFailure) {
        while true {
            let more = try bits.read(2)
            counts += Array(repeating: 0, count: more)
            guard more == 3 else { return }
            guard counts.count <= 256 else { throw .table }
        }
    }
}

/// A walk through a table.
struct FiniteState {
    private(set) var state: Int

    init(_ table: FiniteStateTable, _ bits: inout BackwardBits) { state = bits.read(table.accuracy) }

    func symbol(_ table: FiniteStateTable) -> Int { Int(table.entries[state].symbol) }

    mutating func advance(_ table: FiniteStateTable, _ bits: inout BackwardBits) {
        let entry = table.entries[state]
        state = Int(entry.base) + bits.read(Int(entry.bits))
    }

    /// Bits the next step takes.
    func bits(_ table: FiniteStateTable) -> Int { Int(table.entries[state].bits) }
}
