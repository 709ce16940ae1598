// SPDX-License-Identifier: Apache-2.0

/// The checksum of zstd's frames (XXH64 with the seed 0), computed while bytes pass.
struct XXHash64 {
    private static let primes: [UInt64] = [
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
        0x27D4_EB2F_1656_67C5,
    ]

    private var lanes: [UInt64] = [primes[0] &+ primes[1], primes[1], 0, 0 &- primes[0]]
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let missing = rest.prefix(32 - pending.count)
            pending += missing
            rest = rest.dropFirst(missing.count)
            guard pending.count == 32 else { return }
            pending.withUnsafeBytes { stripe($0, at: 0) }
            pending = []
        }
        var offset = rest.startIndex
        while rest.endIndex - offset >= 32 {
            stripe(bytes, at: offset)
            offset += 32
        }
        pending += bytes[offset..<rest.endIndex]
    }

    private mutating func stripe(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        for lane in 0..<4 { lanes[lane] = Self.round(lanes[lane], Self.word(bytes, offset + 8 * lane)) }
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    private static func round(_ value: UInt64, _ input: UInt64) -> UInt64 {
        rotated(value &+ input &* primes[1], 31) &* primes[0]
    }

    private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }

    /// The lower half, which is all that a frame has.
    func finish() -> UInt32 {
        var hash = length >= 32 ? merged : Self.primes[4]
        hash &+= length
        pending.withUnsafeBytes { hash = Self.tail($0, hash) }
        hash = (hash ^ hash >> 33) &* Self.primes[1]
        hash = (hash ^ hash >> 29) &* Self.primes[2]
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }

    private var merged: UInt64 {
        let counts: [UInt64] = [1, 7, 12, 18]
        var hash = zip(lanes, counts).reduce(0) { $0 &+ Self.rotated($1.0, $1.1) }
        for lane in lanes { hash = (hash ^ Self.round(0, lane)) &* Self.primes[0] &+ Self.primes[3] }
        return hash
    }

    private static func tail(_ bytes: UnsafeRawBufferPointer, _ start: UInt64) -> UInt64 {
        var (hash, offset) = (start, 0)
        while bytes.count - offset >= 8 {
            hash = rotated(hash ^ round(0, word(bytes, offset)), 27) &* primes[0] &+ primes[3]
            offset += 8
        }
        if bytes.count - offset >= 4 {
            let four = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            hash = rotated(hash ^ UInt64(four) &* primes[0], 23) &* primes[1] &+ primes[2]
            offset += 4
        }
        for byte in bytes[offset...] { hash = rotated(hash ^ UInt64(byte) &* primes[4], 11) &* primes[0] }
        return hash
    }
}
