// SPDX-License-Identifier: Apache-2.0

/// The secret part of an address that other machines can reach. When it is printed, it shows `(redacted)`.
package struct LiveToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself, for the one line that shows the address.
    let revealed: String

    /// 128 random bits.
    init(using generator: inout some RandomNumberGenerator) {
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        revealed = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    package var description: String { "(redacted)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Compares in constant time: the duration does not depend on where the texts differ.
    func matches(_ text: Substring) -> Bool {
        let (own, other) = (Array(revealed.utf8), Array(text.utf8))
        var difference = UInt8(own.count == other.count ? 0 : 1)
        for place in own.indices { difference |= own[place] ^ (place < other.count ? other[place] : 0) }
        return difference == 0
    }
}
