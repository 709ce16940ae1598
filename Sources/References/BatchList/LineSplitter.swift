// SPDX-License-Identifier: Apache-2.0

/// Splits bytes, which may come in pieces, into lines: at LF, CRLF, CR and NEL (Unicode, section 5.8, "Newline
/// Guidelines").
///
/// If an old editor ended the lines of a list with carriage returns, the list must not become one line with many
/// targets.
struct LineSplitter: Sendable {
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    /// The two bytes of NEL, U+0085, in UTF-8.
    private static let nextLine: (UInt8, UInt8) = (0xC2, 0x85)

    private var line: [UInt8] = []
    private var isAfterCarriageReturn = false
    /// The number of the line that is being read, counted from 1.
    private(set) var number = 1

    /// Passes on each line that ends in these bytes, without its line end, and its number.
    mutating func take(_ bytes: some Sequence<UInt8>, _ body: ([UInt8], Int) -> Void) {
        for byte in bytes {
            let endsTogether = isAfterCarriageReturn && byte == Self.lineFeed
            isAfterCarriageReturn = byte == Self.carriageReturn
            if endsTogether { continue }
            if byte == Self.lineFeed || byte == Self.carriageReturn {
                endLine(body)
            } else if byte == Self.nextLine.1, line.last == Self.nextLine.0 {
                line.removeLast()
                endLine(body)
            } else {
                line.append(byte)
            }
        }
    }

    /// Passes on the text after the last line end.
    mutating func end(_ body: ([UInt8], Int) -> Void) {
        if !line.isEmpty { endLine(body) }
    }

    private mutating func endLine(_ body: ([UInt8], Int) -> Void) {
        body(line, number)
        line.removeAll(keepingCapacity: true)
        number += 1
    }
}
