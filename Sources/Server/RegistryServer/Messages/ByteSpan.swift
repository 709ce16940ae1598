// SPDX-License-Identifier: Apache-2.0

/// A range of bytes as HTTP writes it: `first-last`, the positions of the first and the last byte, both inclusive (RFC
/// 9110 §14.1.2).
///
/// Only this type computes with positions that clients send. A span has at least one byte, and its length and end fit
/// into `Int64`.
struct ByteSpan: Hashable {
    let first: Int64
    let last: Int64

    /// nil if the text is not two numbers, if the last is smaller than the first, or if the last is `Int64.max`.
    init?(_ text: some StringProtocol) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(digits: ends[0]), let last = Int64(digits: ends[1]), first <= last,
            last < .max
        else { return nil }
        self.first = first
        self.last = last
    }

    /// The number of bytes, at most `Int64.max`.
    var length: Int64 { last - first + 1 }
}
