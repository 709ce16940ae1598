// SPDX-License-Identifier: Apache-2.0

import OCI

/// The content of extension headers about the following entry (POSIX.1-2017, pax, "pax Extended Header"; GNU tar's
/// `L`).
struct TarExtension: Hashable {
    private(set) var name: String?
    private(set) var linkName: String?
    private var size: Int64?
    /// The pax records that are not names, unchanged.
    private(set) var records: [UInt8] = []
    /// Whether the entry is a file with holes (GNU tar, "Storing Sparse Files").
    private(set) var isSparse = false

    /// The kinds of extension headers.
    static let kinds: Set<Character> = ["x", "g", "L", "K"]

    private static let names: Set<String> = ["path", "linkpath", "GNU.sparse.name"]

    /// Reads the content of an extension header. Global headers (`g`) are ignored.
    ///
    /// - Throws: `ArchiveProblem.field`.
    mutating func read(_ content: some Collection<UInt8>, of header: TarHeader) throws(ArchiveProblem) {
        switch header.kind {
        case "L": name = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
        case "K": linkName = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
        case "x": try readRecords(content, of: header)
        default: break
        }
    }

    /// The entry's header with the extensions applied. They apply to one entry only.
    mutating func apply(to header: TarHeader) -> TarHeader {
        defer { self = TarExtension() }
        var header = header
        header.name = name ?? header.name
        header.linkName = linkName ?? header.linkName
        header.size = size ?? header.size
        return header
    }

    /// Reads records of the form `LENGTH KEY=VALUE` with a line end. The length is that of the whole record, the length
    /// itself included.
    private mutating func readRecords(_ content: some Collection<UInt8>, of header: TarHeader) throws(ArchiveProblem) {
        var rest = Array(content)[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != UInt8(ascii: " ") }
            let length = Int(decimal: String(decoding: digits.prefix(20), as: UTF8.self)) ?? 0
            let record = rest.prefix(max(0, length))
            guard record.count == length, record.count > digits.count + 1, record.last == UInt8(ascii: "\n"),
                let equals = record.firstIndex(of: UInt8(ascii: "="))
            else { throw .field("pax record", of: header.name, shown: Self.text(rest.prefix(64))) }
            let key = Self.text(record[(digits.endIndex + 1)..<equals])
            try set(key, Self.text(record[(equals + 1)...].dropLast()), of: header)
            if !Self.names.contains(key) { records += record }
            if key.hasPrefix("GNU.sparse.") { isSparse = true }
            rest = rest.dropFirst(length)
        }
    }

    /// Sets a field. An empty value removes what an earlier record set.
    private mutating func set(_ key: String, _ value: String, of header: TarHeader) throws(ArchiveProblem) {
        switch key {
        case "path": name = value.isEmpty ? nil : value
        case "linkpath": linkName = value.isEmpty ? nil : value
        case "size":
            let number = Int64(decimal: value).flatMap { Descriptor.sizes.contains($0) ? $0 : nil }
            guard value.isEmpty || number != nil else { throw .field("size", of: name ?? header.name, shown: value) }
            size = number
        default: break
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}
