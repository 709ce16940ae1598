// SPDX-License-Identifier: Apache-2.0

/// A header as its layer has it, and the content of its extension headers. Owner, mode and times can be in both.
struct EntryHeader: Hashable, Sendable {
    let block: [UInt8]
    let said: TarExtension
}

/// Entries that replace another entry in an export.
extension TarHeader {
    /// A hard link's own header with another target. All names of a file share its owner, mode and times. Unpacking
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

    /// An entry's header with another name. Everything else is unchanged.
    ///
    /// - Parameters:
    ///   - block: the entry's own header.
    ///   - said: the content of its extension headers.
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
        // GNU tar has other fields at the place of the prefix.
        if block[257..<263].elementsEqual("ustar\0".utf8) { put("", at: 345..<500, in: &block) }
    }

    /// Writes as many bytes of a text as the field holds.
    private static func put(_ text: String, at field: Range<Int>, in block: inout [UInt8]) {
        let short = Array(text.utf8.prefix(field.count))
        block.replaceSubrange(field, with: short + [UInt8](repeating: 0, count: field.count - short.count))
    }

    /// Refuses a name that no system accepts, or that was read with replacement characters for invalid bytes.
    private static func check(_ name: String) throws(ArchiveProblem) {
        let isOdd = name.unicodeScalars.contains { $0 == "\u{FFFD}" || $0 == "\0" }
        guard (1...longestName).contains(name.utf8.count), !isOdd else {
            throw .field("name", of: name, shown: name)
        }
    }

    /// In bytes: `PATH_MAX` of Linux.
    private static let longestName = 4096

    /// An extension header with the records; empty if there are none (POSIX pax, "pax Extended Header").
    private static func extended(by records: [UInt8]) -> [UInt8] {
        guard !records.isEmpty else { return [] }
        let header = TarHeader(name: "PaxHeaders/entry", size: Int64(records.count), kind: "x")
        let padding = Int(header.paddedSize) - records.count
        return header.bytes + records + [UInt8](repeating: 0, count: padding)
    }

    /// A record for a name that is too long for a header; otherwise empty.
    private static func record(_ key: String, ifLong name: String) -> [UInt8] {
        name.utf8.count > 100 ? record(key, name) : []
    }

    /// A record of the form `LENGTH KEY=VALUE`. The length includes itself.
    private static func record(_ key: String, _ name: String) -> [UInt8] {
        let rest = " \(key)=\(name)\n"
        let guess = rest.utf8.count + "\(rest.utf8.count)".utf8.count
        return Array("\(rest.utf8.count + "\(guess)".utf8.count)\(rest)".utf8)
    }
}
