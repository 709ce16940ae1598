// SPDX-License-Identifier: Apache-2.0

extension FixedWidthInteger {
    /// Parses a number as headers, lists and options write it: only ASCII digits.
    ///
    /// Swift's own `Int(text)` also takes a sign. Foundation and other languages take blanks, group signs or digits of
    /// other scripts. Where two readers of one number disagree, one of them can be misled, so all of these are refused.
    ///
    /// - Returns: nil for an empty text, for any other character, and for a number that does not fit.
    package init?(decimal text: some StringProtocol) {
        guard !text.isEmpty else { return nil }
        var number: Self = 0
        for byte in text.utf8 {
            guard (48...57).contains(byte) else { return nil }
            let shifted = number.multipliedReportingOverflow(by: 10)
            let sum = shifted.partialValue.addingReportingOverflow(Self(byte - 48))
            guard !shifted.overflow, !sum.overflow else { return nil }
            number = sum.partialValue
        }
        self = number
    }

    /// As `init(decimal:)`, but a number that does not fit becomes the largest one.
    package init?(saturatingDecimal text: some StringProtocol) {
        guard text.isDecimal else { return nil }
        self = Self(decimal: text) ?? .max
    }
}

extension Int64 {
    /// As for any number. Generic code is not specialized in other modules, and headers have many numbers.
    package init?(decimal text: String) { self.init(decimal: text[...]) }
}

extension Double {
    /// Reads a number of ASCII digits, which may have one point between digits. No sign, no exponent, no `nan`.
    ///
    /// - Returns: nil for anything else, and for a number that is not finite.
    package init?(decimal text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy(\.isDecimal), let number = Double(String(text)), number.isFinite else { return nil }
        self = number
    }
}

extension StringProtocol {
    /// One ASCII digit or more, and nothing else.
    fileprivate var isDecimal: Bool { !isEmpty && utf8.allSatisfy { (48...57).contains($0) } }
}
