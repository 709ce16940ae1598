// SPDX-License-Identifier: Apache-2.0

/// A header as its layer has it, and what its extensions say: owner, mode and times are in either.
struct EntryHeader: Hashable, Sendable {
    let block: [UInt8]
    let said: TarExtension
}

/// Entries that take another one's place in an export.
extension TarHeader {
    /// A hard link's own header, with another target. All names of a file share its owner, mode and times, and unpacking
    /// sets those of the last link.
    static func link(_ header: EntryHeader, _ name: String, to target: String) throws(ArchiveProblem) -> [UInt8] {
        try check(name)
        try check(target)
        var block = header.block
        put(name, in: &block)
        put(target, at: 157..<257, in: &block)
        put("00000000000", at: 124..<136, in: &block)
        let records = record("path", ifLong: name) + record("linkpath", ifLong: target)
        return extended(by: header.said.records + records) + checksummed(block)
    }

    /// An entry's header under another name, everything else as it was.
    ///
    /// - Parameters:
    ///   - block: the entry's own.
    ///   - said: what its extensions say.
    static func renamed(_ block: [UInt8], _ name: String, keeping said: TarExtension) throws(ArchiveProblem) -> [UInt8]
    {
        try check(name)
        var block = block
        put(name, in: &block)
        let link = try said.linkName.map { (target) throws(ArchiveProblem) in
            try check(target)
            return record("linkpath", target)
        }
        return extended(by: said.records + (link ?? []) + record("path", ifLong: name)) + checksummed(block)
    }

    private static func put(_ name: String, in block: inout [UInt8]) {
        put(name, at: 0..<100, in: &block)
        // Where GNU tar has other things.
        if block[257..<263].elementsEqual("ustar\0".utf8) { put("", at: 345..<500, in: &block) }
    }

    /// As much of a text as a field holds.
    private static func put(_ text: String, at field: Range<Int>, in block: inout [UInt8]) {
        let short = Array(text.utf8.prefix(field.count))
        block.replaceSubrange(field, with: short + [UInt8](repeating: 0, count: field.count - short.count))
    }

    /// What no system takes for a name, or what was read with signs in the place of bytes, is not written.
    private static func check(_ name: String) throws(ArchiveProblem) {
        let isOdd = name.unicodeScalars.contains { $0 == "\u{FFFD}" || $0 == "\0" }
        guard (1...longestName).contains(name.utf8.count), !isOdd else {
            throw .field("name", of: name, shown: name)
        }
    }

    /// Linux, `PATH_MAX`.
    private static let longestName = 4096

    /// A header in front of another one that holds the records, if there are any (POSIX pax, "pax Extended Header").
    private static func extended(by records: [UInt8]) -> [UInt8] {
        guard !records.isEmpty else { return [] }
        let header = TarHeader(name: "PaxHeaders/entry", size: Int64(records.count), kind: "x")
        let padding = Int(header.paddedSize) - records.count
        return header.bytes + records + [UInt8](repeating: 0, count: padding)
    }

    /// Nothing where the name has room in a header.
    private static func record(_ key: String, ifLong name: String) -> [UInt8] {
        name.utf8.count > 100 ? record(key, name) : []
    }

    /// `LENGTH KEY=VALUE`; the length counts itself.
    private static func record(_ key: String, _ name: String) -> [UInt8] {
        let rest = " \(key)=\(name)\n"
        let guess = rest.utf8.count + "\(rest.utf8.count)".utf8.count
        return Array("\(rest.utf8.count + "\(guess)".utf8.count)\(rest)".utf8)
    }
}
