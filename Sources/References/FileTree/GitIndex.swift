// SPDX-License-Identifier: Apache-2.0

/// The files that git tracks: the entries of a repository's index (gitformat-index(5), versions 2 to 4).
struct GitIndex {
    private var files: Set<String> = []
    private var folders: Set<String> = []

    init() {}

    /// - Parameter isWanted: selects by the path relative to the repository's top. Other paths are not kept.
    /// - Returns: nil if the bytes are not an index.
    init?(_ bytes: [UInt8], isWanted: (String) -> Bool) {
        var reader = IndexReader(bytes)
        guard bytes.starts(with: "DIRC".utf8), let version = reader.number(at: 4), let count = reader.number(at: 8),
            (2...4).contains(version)
        else { return nil }
        reader.version = version
        for _ in 0..<count {
            guard let path = reader.next() else { return nil }
            if isWanted(path) { add(path) }
        }
    }

    private mutating func add(_ path: String) {
        files.insert(path)
        var folder = path[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            if !folders.insert(String(folder)).inserted { return }
        }
    }

    func holds(file: String) -> Bool { files.contains(file) }
    func holdsAny(below folder: String) -> Bool { folders.contains(folder) }
}

/// Reads the entries of an index one after the other.
private struct IndexReader {
    private let bytes: [UInt8]
    var version = 2
    private var position = 12
    private var path: [UInt8] = []

    /// The number of bytes before a path: times, numbers, mode, owner, size, SHA-1 and flags.
    private static let fixedLength = 62

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func number(at offset: Int) -> Int? {
        guard offset + 4 <= bytes.count else { return nil }
        return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    mutating func next() -> String? {
        let start = position
        position += Self.fixedLength
        guard position <= bytes.count else { return nil }
        let isExtended = bytes[position - 2] & 0x40 != 0
        if isExtended { position += 2 }
        if version == 4 {
            guard let kept = keptLength() else { return nil }
            path.removeLast(path.count - kept)
        } else {
            path.removeAll(keepingCapacity: true)
        }
        guard position < bytes.count, let end = bytes[position...].firstIndex(of: 0) else { return nil }
        path += bytes[position..<end]
        // Before version 4, entries are padded to a multiple of eight bytes, with at least one zero byte.
        position = version == 4 ? end + 1 : start + (end - start + 8) / 8 * 8
        return String(decoding: path, as: UTF8.self)
    }

    /// The number of bytes at the beginning of the previous path that this path shares. The index stores how many bytes
    /// to remove from the end.
    private mutating func keptLength() -> Int? {
        var removed = 0
        for index in 0..<5 {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            removed = (index == 0 ? 0 : (removed + 1) << 7) + Int(byte & 0x7F)
            if byte & 0x80 == 0 { return removed <= path.count ? path.count - removed : nil }
        }
        return nil
    }
}
