// SPDX-License-Identifier: Apache-2.0

/// What blocks of a frame hand on to those behind them (RFC 8878, 3.1.1.3).
struct ZstandardTables {
    fileprivate var huffman: HuffmanTable?
    fileprivate var literalLengths: FiniteStateTable?
    fileprivate var offsets: FiniteStateTable?
    fileprivate var matchLengths: FiniteStateTable?
    fileprivate var recentOffsets = [1, 4, 8]
}

/// A compressed block on its way to bytes.
struct ZstandardBlock {
    private var bytes: UnsafeBufferPointer<UInt8>
    private static let mostLiterals = 128 << 10

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Appends the block's bytes to those of its frame.
    ///
    /// - Parameters:
    ///   - window: how far back a match may reach.
    ///   - limit: bytes the block may come to.
    mutating func decode(
        _ tables: inout ZstandardTables, window: Int, limit: Int, onto output: inout [UInt8]
    ) throws(ZstandardFailure) {
        let literals = try literals(&tables)
        let end = output.count + limit
        let count = try sequenceCount()
        guard count > 0 else {
            guard bytes.isEmpty else { throw .sequences }
            output += literals
            return
        }
        try readTables(&tables)
        var joiner = SequenceJoiner(literals: literals, window: window, end: end)
        try joiner.join(count, try BackwardBits(bytes), &tables, onto: &output)
    }

    private mutating func take(_ count: Int) throws(ZstandardFailure) -> UnsafeBufferPointer<UInt8> {
        guard count <= bytes.count else { throw .truncated }
        defer { bytes = UnsafeBufferPointer(rebasing: bytes[count...]) }
        return UnsafeBufferPointer(rebasing: bytes[..<count])
    }

    private mutating func number(_ count: Int) throws(ZstandardFailure) -> Int {
        try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    // MARK: - Literals

    private mutating func literals(_ tables: inout ZstandardTables) throws(ZstandardFailure) -> [UInt8] {
        guard let head = bytes.first else { throw .truncated }
        guard head & 3 > 1 else { return try plainLiterals(isRun: head & 3 == 1, format: Int(head >> 2) & 3) }
        let format = Int(head >> 2) & 3
        let (length, width) = [(3, 10), (3, 10), (4, 14), (5, 18)][format]
        let number = try number(length)
        let (count, size) = (number >> 4 & (1 << width - 1), number >> (4 + width))
        guard count <= Self.mostLiterals else { throw .literals }
        var packed = try take(size)
        if head & 3 == 2 {
            let (table, used) = try HuffmanTable.read(packed)
            tables.huffman = table
            packed = UnsafeBufferPointer(rebasing: packed[used...])
        }
        guard let table = tables.huffman else { throw .literals }
        return try Self.literals(packed, count: count, inOne: format == 0, table)
    }

    private mutating func plainLiterals(isRun: Bool, format: Int) throws(ZstandardFailure) -> [UInt8] {
        let length = format == 3 ? 3 : format == 1 ? 2 : 1
        let count = try number(length) >> (length == 1 ? 3 : 4)
        guard count <= Self.mostLiterals else { throw .literals }
        return isRun ? Array(repeating: try take(1)[0], count: count) : Array(try take(count))
    }

    /// One stream, or four with the sizes of the first three in front.
    private static func literals(
        _ packed: UnsafeBufferPointer<UInt8>, count: Int, inOne: Bool, _ table: HuffmanTable
    ) throws(ZstandardFailure) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(count)
        if inOne {
            try table.decode(packed, count: count, into: &output)
            return output
        }
        guard packed.count > 6, count >= 4 else { throw .literals }
        let sizes = (0..<3).map { Int(packed[2 * $0]) | Int(packed[2 * $0 + 1]) << 8 }
        var rest = packed[6...]
        for position in 0..<4 {
            let size = position < 3 ? sizes[position] : rest.count
            let own = position < 3 ? (count + 3) / 4 : count - output.count
            guard size <= rest.count, own >= 0 else { throw .literals }
            try table.decode(UnsafeBufferPointer(rebasing: rest.prefix(size)), count: own, into: &output)
            rest = rest.dropFirst(size)
        }
        return output
    }

    // MARK: - Sequences

    private mutating func sequenceCount() throws(ZstandardFailure) -> Int {
        let first = try number(1)
        if first < 128 { return first }
        return first < 255 ? (first - 128) << 8 + (try number(1)) : try number(2) + 0x7F00
    }

    private mutating func readTables(_ tables: inout ZstandardTables) throws(ZstandardFailure) {
        let modes = try number(1)
        guard modes & 3 == 0 else { throw .reserved }
        try readTable(modes >> 6 & 3, .literalLengths, &tables.literalLengths)
        try readTable(modes >> 4 & 3, .offsets, &tables.offsets)
        try readTable(modes >> 2 & 3, .matchLengths, &tables.matchLengths)
    }

    private mutating func readTable(
        _ mode: Int, _ kind: SequenceCode, _ table: inout FiniteStateTable?
    ) throws(ZstandardFailure) {
        switch mode {
        case 0: table = try FiniteStateTable(accuracy: kind.usualAccuracy, counts: kind.usualCounts)
        case 1:
            let symbol = try number(1)
            guard symbol < kind.symbols else { throw .table }
            table = FiniteStateTable(repeating: UInt8(symbol))
        case 2:
            let (read, used) = try FiniteStateTable.read(
                bytes, mostAccuracy: kind.mostAccuracy, mostSymbols: kind.symbols)
            table = read
            _ = try take(used)
        default: guard table != nil else { throw .table }
        }
    }
}

/// Puts literals and matches together.
private struct SequenceJoiner {
    let literals: [UInt8]
    let window: Int
    /// What the output may come to.
    let end: Int
    private var used = 0

    init(literals: [UInt8], window: Int, end: Int) {
        self.literals = literals
        self.window = window
        self.end = end
    }

    mutating func join(
        _ count: Int, _ start: BackwardBits, _ tables: inout ZstandardTables, onto output: inout [UInt8]
    ) throws(ZstandardFailure) {
        guard let lengths = tables.literalLengths, let offsets = tables.offsets, let matches = tables.matchLengths
        else { throw .table }
        var bits = start
        var (length, offset, match) = (
            FiniteState(lengths, &bits), FiniteState(offsets, &bits), FiniteState(matches, &bits)
        )
        for position in 0..<count {
            let offsetValue = SequenceCode.offset(offset.symbol(offsets), &bits)
            let matchLength = SequenceCode.matchLengths.value(match.symbol(matches), &bits)
            let literalLength = SequenceCode.literalLengths.value(length.symbol(lengths), &bits)
            let distance = Self.distance(offsetValue, literalLength, &tables.recentOffsets)
            try copyLiterals(literalLength, onto: &output)
            try copyMatch(matchLength, distance, onto: &output)
            guard position + 1 < count else { break }
            length.advance(lengths, &bits)
            match.advance(matches, &bits)
            offset.advance(offsets, &bits)
        }
        guard bits.left == 0 else { throw .sequences }
        try copyLiterals(literals.count - used, onto: &output)
    }

    /// Small values name one of the last three distances (RFC 8878, 3.1.1.5).
    private static func distance(_ value: Int, _ literalLength: Int, _ recent: inout [Int]) -> Int {
        guard value <= 3 else {
            recent = [value - 3, recent[0], recent[1]]
            return value - 3
        }
        let position = value - 1 + (literalLength == 0 ? 1 : 0)
        let distance = position == 3 ? recent[0] - 1 : recent[position]
        if position > 0 { recent = [distance, recent[0], position == 1 ? recent[2] : recent[1]] }
        return distance
    }

    private mutating func copyLiterals(_ count: Int, onto output: inout [UInt8]) throws(ZstandardFailure) {
        guard count <= literals.count - used, output.count + count <= end else { throw .sequences }
        output += literals[used..<used + count]
        used += count
    }

    private func copyMatch(_ count: Int, _ distance: Int, onto output: inout [UInt8]) throws(ZstandardFailure) {
        guard distance > 0, distance <= output.count, distance <= window else { throw .offset }
        guard output.count + count <= end else { throw .sequences }
        let start = output.count
        output += repeatElement(0, count: count)
        // One by one, for a match may run into itself, so that a few bytes are repeated.
        output.withUnsafeMutableBufferPointer { bytes in
            for position in start..<start + count { bytes[position] = bytes[position - distance] }
        }
    }
}

/// The codes of a sequence's three numbers (RFC 8878, 3.1.1.3.2.1).
private enum SequenceCode {
    case literalLengths
    case offsets
    case matchLengths

    var symbols: Int {
        switch self {
        case .literalLengths: 36
        case .offsets: 32
        case .matchLengths: 53
        }
    }

    var mostAccuracy: Int { if case .offsets = self { 8 } else { 9 } }
    var usualAccuracy: Int { if case .offsets = self { 5 } else { 6 } }

    var usualCounts: [Int] {
        switch self {
        case .literalLengths:
            [
                4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1,
                -1, -1,
            ]
        case .offsets:
            [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1]
        case .matchLengths:
            [
                1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
            ]
        }
    }

    /// Bits behind each code; those in front have none, and their values follow one another.
    private static let literalBits = [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    private static let matchBits = [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    private static let literalBases = bases(literalBits, from: 16)
    private static let matchBases = bases(matchBits, from: 35)

    /// Each code begins where the one in front of it ends.
    private static func bases(_ bits: [Int], from first: Int) -> [Int] {
        bits.reduce(into: [first]) { $0.append($0[$0.count - 1] + 1 << $1) }
    }

    /// A length, of literals or of a match.
    func value(_ code: Int, _ bits: inout BackwardBits) -> Int {
        if case .literalLengths = self {
            return code < 16 ? code : Self.literalBases[code - 16] + bits.read(Self.literalBits[code - 16])
        }
        return code < 32 ? code + 3 : Self.matchBases[code - 32] + bits.read(Self.matchBits[code - 32])
    }

    static func offset(_ code: Int, _ bits: inout BackwardBits) -> Int { 1 << code + bits.read(code) }
}
