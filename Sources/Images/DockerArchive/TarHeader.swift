// SPDX-License-Identifier: Apache-2.0

import OCI

/// The block in front of a file in a tar archive (POSIX.1-2017, pax, "ustar Interchange Format").
struct TarHeader: Hashable {
    static let blockSize = 512

    var name: String
    var size: Int64
    /// `0`: a file, `1`: a hard link, `2`: a symbolic link, `5`: a folder. `x`, `g`, `K` and `L`: extension headers.
    var kind: Character = "0"
    var linkName = ""

    /// Whether the entry has no content. In some archives the header of a link has a size, although no content follows.
    var isHeaderOnly: Bool { ("1"..."6").contains(kind) }

    var isDevice: Bool { kind == "3" || kind == "4" }

    /// Whether more blocks of a sparse file's map come before its content (GNU tar, "Old GNU Format").
    static func continues(sparse block: [UInt8]) -> Bool { block[482] != 0 }
    static func continues(sparseMap block: [UInt8]) -> Bool { block[504] != 0 }

    /// The size of the file's content in bytes, rounded up to whole blocks.
    var paddedSize: Int64 { Self.padded(size) }

    static func padded(_ size: Int64) -> Int64 { (size + 511) / 512 * 512 }
}

// MARK: - Writing

extension TarHeader {
    /// The header as bytes, with mode 0644, owner 0 and time 0, so that equal content gives equal archives.
    var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: some Sequence<UInt8>, at position: Int) {
            for (offset, byte) in text.enumerated() { block[position + offset] = byte }
        }
        func octal(_ number: Int64, _ digits: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(name.utf8.prefix(100), at: 0)
        put(octal(0o644, 7), at: 100)
        put(octal(0, 7), at: 108)
        put(octal(0, 7), at: 116)
        put(linkName.utf8.prefix(100), at: 157)
        put(size < 1 << 33 ? octal(size, 11) : Self.large(size), at: 124)
        put(octal(0, 11), at: 136)
        put("ustar\u{0}00".utf8, at: 257)
        put(octal(0, 7), at: 329)
        put(octal(0, 7), at: 337)
        block[156] = kind.asciiValue ?? UInt8(ascii: "0")
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        let sum = block.reduce(0) { $0 + Int64($1) }
        put(octal(sum, 6) + [0, 0x20], at: 148)
        return block
    }

    /// A size in base 256, for sizes that do not fit into eleven octal digits.
    private static func large(_ size: Int64) -> [UInt8] {
        [0x80, 0, 0, 0] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
    }
}

// MARK: - Reading

extension TarHeader {
    /// Reads a block; nil for the block of zeros that ends an archive.
    init?(_ block: [UInt8]) throws(ArchiveProblem) {
        guard block.count == Self.blockSize else { throw .header }
        if block.allSatisfy({ $0 == 0 }) { return nil }
        guard let sum = Self.number(block[148..<156]), sum == Self.checksum(block) else { throw .header }
        kind = block[156] == 0 ? "0" : Character(Unicode.Scalar(block[156]))
        linkName = Self.text(block[157..<257])
        let prefix = block[257..<262].elementsEqual("ustar".utf8) ? Self.text(block[345..<500]) : ""
        name = (prefix.isEmpty ? "" : prefix + "/") + Self.text(block[0..<100])
        guard let size = Self.number(block[124..<136]), Descriptor.sizes.contains(size) else {
            throw .field("size", of: name, shown: Self.shown(block[124..<136]))
        }
        self.size = size
    }

    /// The block with the leading slashes of its names removed; nil if a name consists of slashes only.
    static func relative(_ block: [UInt8]) -> [UInt8]? {
        var block = block
        let hasPrefix = block[257..<262].elementsEqual("ustar".utf8) && block[345] != 0
        for field in [hasPrefix ? 345..<500 : 0..<100] + (block[156] == UInt8(ascii: "1") ? [157..<257] : []) {
            var name = Array(block[field].prefix { $0 != 0 }.drop { $0 == UInt8(ascii: "/") })
            // A folder whose name consists of slashes only is the root.
            if name.isEmpty, field.lowerBound == 0, block[156] == UInt8(ascii: "5") { name = Array("./".utf8) }
            if name.isEmpty, field.lowerBound != 345 { return nil }
            block.replaceSubrange(field, with: name + Array(repeating: 0, count: field.count - name.count))
        }
        return checksummed(block)
    }

    /// The block with its correct checksum.
    static func checksummed(_ block: [UInt8]) -> [UInt8] {
        var block = block
        let digits = String(checksum(block), radix: 8)
        let sum = String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits
        block.replaceSubrange(148..<156, with: Array(sum.utf8) + [0, 0x20])
        return block
    }

    private static func checksum(_ block: [UInt8]) -> Int64 {
        block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int64($1.element)) }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Reads octal digits between blanks, or a number in base 256 if the first bit is set; nil for anything else.
    private static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 { return binaryNumber([first & 0x7F] + field.dropFirst()) }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        guard digits.allSatisfy({ (48...55).contains($0) }),
            field[digits.endIndex...].allSatisfy({ $0 == 0 || $0 == 0x20 })
        else { return nil }
        return digits.isEmpty ? 0 : Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// A number in base 256, without the first bit. The next bit is the sign, so a negative number is refused as too
    /// large for 63 bits.
    private static func binaryNumber(_ bytes: [UInt8]) -> Int64? {
        let high = bytes.dropLast(8)
        guard high.allSatisfy({ $0 == 0 }), bytes.suffix(8).first.map({ $0 < 0x80 }) ?? true else { return nil }
        return bytes.suffix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    private static func shown(_ field: ArraySlice<UInt8>) -> String {
        guard let first = field.first, first & 0x80 != 0 else { return text(field) }
        return "0x" + field.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
