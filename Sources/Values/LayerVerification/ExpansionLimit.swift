// SPDX-License-Identifier: Apache-2.0

/// How far compressed bytes may expand: the bound against layers made to keep a reader busy for ever.
///
/// Deflate itself stops at 1032:1. Real layers stay below 200:1 except where they hold long runs of one byte, which is
/// what `floor` is for.
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

    /// Inflated bytes that may have come of so many compressed ones.
    func allowance(for compressed: Int64) -> Int64 {
        let (product, overflow) = compressed.multipliedReportingOverflow(by: ratio)
        return overflow || product > ceiling - floor ? ceiling : floor + product
    }
}
