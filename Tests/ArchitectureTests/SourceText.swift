// SPDX-License-Identifier: Apache-2.0

/// Swift source with comments and the contents of string literals blanked out, line by line.
///
/// Enough of the language for finding imports and calls; not a parser. By bytes, because every character of the checkout
/// passes here in a debug build.
struct SourceText {
    private let bytes: [UInt8]
    private let keepsStrings: Bool
    private var position = 0
    private var output: [UInt8] = []

    /// - Parameter keepingStrings: leaves literals in, for reading the package manifest.
    init(_ text: String, keepingStrings: Bool = false) {
        bytes = Array(text.utf8)
        keepsStrings = keepingStrings
        output.reserveCapacity(bytes.count)
        while position < bytes.count { step() }
    }

    var code: String { String(decoding: output, as: UTF8.self) }
    var lines: [Substring] { code.split(separator: "\n", omittingEmptySubsequences: false) }

    private mutating func step() {
        switch bytes[position] {
        case UInt8(ascii: "/") where byte(at: position + 1) == UInt8(ascii: "/"):
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        case UInt8(ascii: "/") where byte(at: position + 1) == UInt8(ascii: "*"):
            skip(past: Array("*/".utf8))
        case UInt8(ascii: "\""): takeLiteral(hashes: 0)
        case UInt8(ascii: "#"): takeHashes()
        case let byte:
            output.append(byte)
            position += 1
        }
    }

    /// `#` begins a raw literal if a quote follows it and its like.
    private mutating func takeHashes() {
        let count = bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count
        if byte(at: position + count) == UInt8(ascii: "\"") { return takeLiteral(hashes: count) }
        output += bytes[position..<position + count]
        position += count
    }

    private mutating func takeLiteral(hashes: Int) {
        let start = position
        position += hashes
        let quotes = bytes[position...].starts(with: "\"\"\"".utf8) ? 3 : 1
        let end =
            [UInt8](repeating: UInt8(ascii: "\""), count: quotes) + [UInt8](repeating: UInt8(ascii: "#"), count: hashes)
        position += quotes
        while position < bytes.count, !isAt(end) {
            position += bytes[position] == UInt8(ascii: "\\") && hashes == 0 ? 2 : 1
        }
        position = min(position + end.count, bytes.count)
        output += keepsStrings ? Array(bytes[start..<position]) : Array("\"\"".utf8)
    }

    private mutating func skip(past end: [UInt8]) {
        while position < bytes.count, !isAt(end) { position += 1 }
        position = min(position + end.count, bytes.count)
    }

    private func isAt(_ text: [UInt8]) -> Bool {
        bytes[position] == text[0] && bytes[position...].starts(with: text)
    }

    private func byte(at position: Int) -> UInt8? { position < bytes.count ? bytes[position] : nil }
}
