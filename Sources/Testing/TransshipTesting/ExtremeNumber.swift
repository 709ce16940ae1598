// SPDX-License-Identifier: Apache-2.0

/// Unusual texts in place of a number, for the tests of all code that reads numbers. None of them may crash a run.
package struct ExtremeNumber: Sendable, CustomStringConvertible {
    package let text: String
    /// The value for a strict reader, if the text is a whole number from 0 to 2^63 − 1 in ASCII digits.
    package let value: Int64?

    package var description: String { text.utf8.count > 40 ? "\(text.utf8.count) digits" : "\"\(text)\"" }

    private init(_ text: String, _ value: Int64? = nil) {
        self.text = text
        self.value = value
    }

    package static let all: [ExtremeNumber] = [
        .init("-1"), .init("0", 0), .init("1", 1), .init("2147483648", 1 << 31), .init("9007199254740992", 1 << 53),
        .init("9223372036854775807", .max), .init("9223372036854775808"), .init("-9223372036854775808"),
        .init("18446744073709551616"), .init("1e300"), .init("-1e300"), .init("1e400"), .init("0.5"), .init("NaN"),
        .init("inf"), .init(String(repeating: "9", count: 400)), .init(""), .init(" 1"), .init("1 "), .init("+1"),
        .init("1_0"), .init("0x10"), .init("\u{663}"), .init("\u{FF11}"), .init("1\u{301}"),
    ]

    package static let texts = all.map(\.text)
}
