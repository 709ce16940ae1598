// SPDX-License-Identifier: Apache-2.0

/// Bytes that look random and are generated from a seed, for layers that no compressor can shrink.
package struct Noise: Sendable {
    /// One block is random; longer noise repeats the block. Deflate looks back only 32 KiB, so it never finds the
    /// repetition. Copying a block is cheap, even in a debug build.
    static let blockSize = 1 << 20

    package let seed: UInt64

    package init(seed: UInt64) {
        self.seed = seed
    }

    /// A seed that is computed from names and numbers. It is the same in every process.
    package init(_ parts: [String]) {
        // FNV-1a, with a separator that no UTF-8 text contains.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in parts.map({ Array($0.utf8) }).joined(separator: [0xFF]) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        seed = hash
    }

    package init(_ parts: String...) {
        self.init(parts)
    }

    package func content(size: Int64) -> FixtureContent {
        FixtureContent {
            let block = bytes(count: Int(min(size, Int64(Self.blockSize))))
            var remaining = size
            return AnyIterator {
                guard remaining > 0 else { return nil }
                let count = Int(min(remaining, Int64(block.count)))
                remaining -= Int64(count)
                return count == block.count ? block : Array(block[..<count])
            }
        }
    }

    private func bytes(count: Int) -> [UInt8] {
        var generator = SplitMix64(state: seed)
        return [UInt8](unsafeUninitializedCapacity: count + 8) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for offset in stride(from: 0, to: count, by: 8) {
                raw.storeBytes(of: generator.next().littleEndian, toByteOffset: offset, as: UInt64.self)
            }
            initialized = count
        }
    }
}

/// The generator of Steele, Lea and Flood. The same seed always gives the same numbers.
package struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
