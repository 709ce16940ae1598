// SPDX-License-Identifier: Apache-2.0

/// Entries that take another one's place in an export.
extension TarHeader {
    /// A hard link.
    static func link(_ name: String, to target: String) throws(ArchiveProblem) -> [UInt8] {
        try check(name)
        try check(target)
        let records = record("path", ifLong: name) + record("linkpath", ifLong: target)
        return extended(by: records) + TarHeader(name: name, size: 0, kind: "1", linkName: target).bytes
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
        let short = Array(name.utf8.prefix(100))
        block.replaceSubrange(0..<100, with: short + [UInt8](repeating: 0, count: 100 - short.count))
        // Where GNU tar has other things.
        if block[257..<263].elementsEqual("ustar\0".utf8) {
            block.replaceSubrange(345..<500, with: [UInt8](repeating: 0, count: 155))
        }
        let link = try said.linkName.map { (target) throws(ArchiveProblem) in
            try check(target)
            return record("linkpath", target)
        }
        return extended(by: said.records + (link ?? []) + record("path", ifLong: name)) + checksummed(block)
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
