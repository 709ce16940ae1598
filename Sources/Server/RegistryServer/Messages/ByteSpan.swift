// SPDX-License-Identifier: Apache-2.0

/// A part of content as HTTP names it: `first-last`, the positions of the first and the last byte, both inclusive (RFC 9110
/// §14.1.2).
///
/// The one place that computes with positions from outside. A span has at least one byte, and its length and end fit
/// `Int64`.
struct ByteSpan: Hashable {
    let first: Int64
    let last: Int64

    /// Nil where the text is not two numbers, where they are the wrong way round, or where no content can be that long.
    init?(_ text: some StringProtocol) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(digits: ends[0]), let last = Int64(digits: ends[1]), first <= last,
            last < .max
        else { return nil }
        self.first = first
        self.last = last
    }

    /// Bytes; at most `Int64.max`.
    var length: Int64 { last - first + 1 }
}
