// SPDX-License-Identifier: Apache-2.0

/// How far compressed bytes may expand. It protects against decompression bombs.
///
/// Deflate itself stops at 1032:1. Real layers stay below 200:1, except for long runs of one byte, which `floor` allows.
package struct ExpansionLimit: Sendable, Hashable {
    /// Inflated bytes that are always allowed.
    package var floor: Int64
    /// Inflated bytes allowed for each compressed byte read so far, on top of `floor`.
    package var ratio: Int64
    /// Inflated bytes of one layer, whatever its size.
    package var ceiling: Int64

    package init(floor: Int64 = 256 << 20, ratio: Int64 = 200, ceiling: Int64 = 1 << 40) {
        self.floor = floor
        self.ratio = ratio
        self.ceiling = ceiling
    }

    /// The most inflated bytes for this number of compressed bytes.
    func allowance(for compressed: Int64) -> Int64 {
        let (product, overflow) = compressed.multipliedReportingOverflow(by: ratio)
        return overflow || product > ceiling - floor ? ceiling : floor + product
    }
}
