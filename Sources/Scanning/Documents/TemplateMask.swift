/// Blanks out template actions so that what is left can be read as YAML, byte for byte at its place.
enum TemplateMask {
    static func isTemplate(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        ByteSearch.contains(opening, in: bytes, range)
    }

    private static let opening = SearchWord("{{")

    /// The longest action that is taken for one.
    private static let actionLimit = 16384

    /// A copy in which actions on lines of their own are blanks, and the others letters.
    static func masked(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result = Array(bytes)
        var offset = 0
        while let start = ByteSearch.first(UInt8(ascii: "{"), in: bytes, from: offset) {
            guard start + 1 < bytes.count, bytes[start + 1] == UInt8(ascii: "{"), let end = end(of: start, in: bytes)
            else {
                offset = start + 1
                continue
            }
            let isBlank = isAlone(start..<end, in: result) || rendersBlock(start..<end, in: bytes)
            let filler = isBlank ? UInt8(ascii: " ") : UInt8(ascii: "x")
            for place in start..<end where result[place] != 10 && result[place] != 13 { result[place] = filler }
            offset = end
        }
        return result
    }

    private static func end(of start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let isComment = bytes[start...].dropFirst(2).drop { $0 == UInt8(ascii: "-") || $0 == 32 }.starts(
            with: "/*".utf8)
        var offset = start + 2
        while offset + 1 < min(bytes.count, start + actionLimit) {
            if bytes[offset] == UInt8(ascii: "}"), bytes[offset + 1] == UInt8(ascii: "}"),
                !isComment || closesComment(bytes[start..<offset])
            {
                return offset + 2
            }
            offset += 1
        }
        return nil
    }

    private static func closesComment(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let end = text.reversed().drop { $0 == 32 || $0 == UInt8(ascii: "-") }
        return end.starts(with: "/*".utf8)
    }

    private static let indenting = SearchWord("nindent")

    /// `labels: {{- include "x" . | nindent 4 }}`: an action that ends its line and writes lines of its own. Keys written
    /// below it belong to the same mapping.
    private static func rendersBlock(_ range: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard ByteSearch.contains(indenting, in: bytes, range) else { return false }
        let after = bytes[range.upperBound...].prefix { $0 != 10 }
        return after.allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 }
    }

    /// Whether only blanks and other actions, already blanked, share the action's lines.
    private static func isAlone(_ range: Range<Int>, in bytes: [UInt8]) -> Bool {
        var before = range.lowerBound
        while before > 0, bytes[before - 1] == 32 || bytes[before - 1] == 9 { before -= 1 }
        guard before == 0 || bytes[before - 1] == 10 else { return false }
        var after = range.upperBound
        while after < bytes.count, bytes[after] != 10 {
            if bytes[after] == UInt8(ascii: "{"), after + 1 < bytes.count, bytes[after + 1] == bytes[after],
                let end = bytes.withUnsafeBufferPointer({ end(of: after, in: $0) })
            {
                after = end
            } else if bytes[after] == 32 || bytes[after] == 9 || bytes[after] == 13 {
                after += 1
            } else {
                return false
            }
        }
        return true
    }
}
