// SPDX-License-Identifier: Apache-2.0

extension TimeZoneRules {
    /// Reads a compiled zone of the tz database (RFC 8536), as in `/usr/share/zoneinfo`.
    ///
    /// - Returns: nil for bytes that are not such a zone.
    package init?(name: String, file bytes: [UInt8]) {
        guard var block = ZoneBlock(bytes, at: 0, timeSize: 4) else { return nil }
        // The second block repeats the data with times of 64 bits.
        if bytes[4] >= UInt8(ascii: "2") {
            guard let second = ZoneBlock(bytes, at: block.end, timeSize: 8) else { return nil }
            block = second
        }
        guard let first = block.offset(ofType: 0) else { return nil }
        var changes: [Change] = []
        for index in 0..<block.timeCount {
            guard let offset = block.offset(ofType: block.type(ofChange: index)) else { return nil }
            changes.append(Change(at: block.time(ofChange: index), offset: offset))
        }
        let footer = bytes[block.end...].dropFirst().prefix { $0 != UInt8(ascii: "\n") }
        self.init(
            name: name, firstOffset: first, changes: changes,
            yearly: YearlyRule(String(decoding: footer, as: UTF8.self)))
    }
}

/// One of the two blocks of a compiled zone: a header with six counts, then tables of these lengths.
private struct ZoneBlock {
    private let bytes: [UInt8]
    private let start: Int
    private let timeSize: Int
    let timeCount: Int
    private let typeCount: Int
    let end: Int

    private static let headerSize = 44

    init?(_ bytes: [UInt8], at start: Int, timeSize: Int) {
        guard bytes.count >= start + Self.headerSize, bytes[start...].starts(with: Array("TZif".utf8)) else {
            return nil
        }
        // The counts of universal and standard indicators, leap seconds, times, types, and characters of abbreviations.
        let counts = (0..<6).map { Int(Self.integer(bytes, at: start + 20 + 4 * $0, size: 4)) }
        guard counts.allSatisfy({ (0...100_000).contains($0) }) else { return nil }
        let (universal, standard, leaps, times, types, characters) =
            (counts[0], counts[1], counts[2], counts[3], counts[4], counts[5])
        end =
            start + Self.headerSize + times * (timeSize + 1) + types * 6 + characters + leaps * (timeSize + 4)
            + standard + universal
        guard end <= bytes.count else { return nil }
        (self.bytes, self.start, self.timeSize, timeCount, typeCount) = (bytes, start, timeSize, times, types)
    }

    func time(ofChange index: Int) -> Int64 {
        Self.integer(bytes, at: start + Self.headerSize + index * timeSize, size: timeSize)
    }

    func type(ofChange index: Int) -> Int { Int(bytes[start + Self.headerSize + timeCount * timeSize + index]) }

    /// The offset in seconds ahead of UTC.
    func offset(ofType type: Int) -> Int64? {
        guard type < typeCount else { return nil }
        return Self.integer(bytes, at: start + Self.headerSize + timeCount * (timeSize + 1) + type * 6, size: 4)
    }

    private static func integer(_ bytes: [UInt8], at offset: Int, size: Int) -> Int64 {
        let value = bytes[offset..<offset + size].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return size == 4 ? Int64(Int32(truncatingIfNeeded: value)) : value
    }
}
