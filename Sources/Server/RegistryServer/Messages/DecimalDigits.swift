// SPDX-License-Identifier: Apache-2.0

extension FixedWidthInteger {
    /// Reads a number as headers and queries contain it: ASCII digits and nothing else.
    ///
    /// Swift's own initializer also accepts a sign. nil for a sign, a blank, another character, an empty text, or a
    /// number that does not fit.
    init?(digits text: some StringProtocol) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        self.init(text, radix: 10)
    }
}
