// SPDX-License-Identifier: Apache-2.0

/// An IPv6 address in a registry's name, as its eight groups (RFC 4291 §2.2).
///
/// Implemented here because this target does no I/O, and the system's functions for it belong to sockets.
struct IPv6Literal: Hashable {
    private let groups: [UInt16]

    /// - Parameter text: the address in brackets. The result is nil if it is not an address.
    init?(bracketed text: some StringProtocol) {
        guard text.hasPrefix("["), text.hasSuffix("]"), text.utf8.count > 2 else { return nil }
        var text = String(text.dropFirst().dropLast())
        // The last 32 bits may be written as IPv4 has them.
        if let colon = text.lastIndex(of: ":"), text[colon...].contains(".") {
            guard let tail = Self.groups(ofIPv4: text[text.index(after: colon)...]) else { return nil }
            text = text[...colon] + tail.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let gap = text.firstRange(of: "::") else {
            guard let groups = Self.groups(text[...]), groups.count == 8 else { return nil }
            self.groups = groups
            return
        }
        guard let head = Self.groups(text[..<gap.lowerBound]), let tail = Self.groups(text[gap.upperBound...]),
            head.count + tail.count < 8
        else { return nil }
        groups = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    /// All groups, without leading zeros; for an IPv4-mapped address (RFC 4291 §2.5.5.2) the IPv4 address.
    var canonical: String {
        guard groups.prefix(5).allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF else {
            return "[" + groups.map { String($0, radix: 16) }.joined(separator: ":") + "]"
        }
        return groups.suffix(2).flatMap { [$0 >> 8, $0 & 0xFF] }.map(String.init).joined(separator: ".")
    }

    private static func groups(_ text: Substring) -> [UInt16]? {
        if text.isEmpty { return [] }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            (1...4).contains(part.utf8.count) && part.utf8.allSatisfy(isHex) ? UInt16(part, radix: 16) : nil
        }
        return groups.contains(nil) ? nil : groups.compactMap(\.self)
    }

    private static func groups(ofIPv4 text: Substring) -> [UInt16]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8(decimal: String($0)) }
        guard parts.count == 4, !parts.contains(nil) else { return nil }
        let bytes = parts.compactMap(\.self).map(UInt16.init)
        return [bytes[0] << 8 | bytes[1], bytes[2] << 8 | bytes[3]]
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
        default: false
        }
    }
}
