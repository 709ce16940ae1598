// SPDX-License-Identifier: Apache-2.0

/// A variable in a word that names an image.
struct VariableUse {
    let name: String
    /// It is the name without its tag, or without its beginning: `$IMAGE:1`, `registry.example/$IMAGE`.
    let isPart: Bool

    /// All variables of a word: `$x`, `${x}`, `${x:-w}`, `$(x)`.
    static func all(in word: TracedText) -> [VariableUse] {
        let bytes = word.bytes
        guard bytes.contains(UInt8(ascii: "$")) else { return [] }
        return bytes.indices.compactMap { index in
            guard bytes[index] == UInt8(ascii: "$"), let (name, end) = name(in: bytes, behind: index) else {
                return nil
            }
            let isFollowed = end < bytes.count && "/:@".utf8.contains(bytes[end])
            let isPreceded = index > 0 && bytes[index - 1] == UInt8(ascii: "/")
            return VariableUse(name: name, isPart: isFollowed || isPreceded)
        }
    }

    private static func name(in bytes: [UInt8], behind dollar: Int) -> (String, end: Int)? {
        var start = dollar + 1
        let closer: UInt8? =
            switch start < bytes.count ? bytes[start] : 0 {
            case UInt8(ascii: "{"): UInt8(ascii: "}")
            case UInt8(ascii: "("): UInt8(ascii: ")")
            default: nil
            }
        if closer != nil { start += 1 }
        var end = start
        while end < bytes.count, isNameByte(bytes[end]) { end += 1 }
        guard end > start else { return nil }
        let name = String(decoding: bytes[start..<end], as: UTF8.self)
        guard let closer else { return (name, end) }
        return bytes[end...].firstIndex(of: closer).map { (name, $0 + 1) }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || (byte | 32) &- 97 < 26 || byte &- 48 < 10
    }
}
