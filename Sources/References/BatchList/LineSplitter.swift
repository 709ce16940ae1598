// SPDX-License-Identifier: Apache-2.0

/// Cuts bytes, which may come in pieces, into lines: at LF, CRLF, CR and NEL (Unicode, section 5.8, "Newline Guidelines").
///
/// A list that an old editor ended with carriage returns must not become one line with many targets.
struct LineSplitter: Sendable {
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    /// The two bytes of NEL, U+0085, in UTF-8.
    private static let nextLine: (UInt8, UInt8) = (0xC2, 0x85)

    private var line: [UInt8] = []
    private var isAfterCarriageReturn = false
    /// Of the line that is being read, 1-based.
    private(set) var number = 1

    /// Hands on each line that ends in these bytes, without its end, and its number.
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
