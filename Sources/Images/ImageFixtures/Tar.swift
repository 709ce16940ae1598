// SPDX-License-Identifier: Apache-2.0

/// One entry of a layer's archive.
package struct TarEntry: Sendable {
    package enum Kind: Sendable {
        case file(FixtureContent, size: Int64)
        case directory
        case link(to: String)
    }

    /// The relative path, without a slash at either end; at most 99 bytes of UTF-8.
    package let path: String
    package let kind: Kind
    package let mode: Int

    package init(_ path: String, _ kind: Kind, mode: Int? = nil) {
        precondition(path.utf8.count < 100, "fixture paths fit into a plain ustar header")
        self.path = path
        self.kind = kind
        if case .directory = kind { self.mode = mode ?? 0o755 } else { self.mode = mode ?? 0o644 }
    }

    package static func text(_ path: String, _ text: String, mode: Int? = nil) -> TarEntry {
        let bytes = Array(text.utf8)
        return TarEntry(path, .file(FixtureContent(bytes), size: Int64(bytes.count)), mode: mode)
    }
}

extension FixtureContent {
    /// A ustar archive (POSIX.1-1988) whose bytes depend only on its entries: the owner is root, and the time is fixed.
    package static func tar(_ entries: [TarEntry]) -> FixtureContent {
        joined(entries.flatMap(\.parts) + [FixtureContent([UInt8](repeating: 0, count: 1024))])
    }
}

extension TarEntry {
    /// 2026-01-01 00:00:00 UTC.
    private static let time = 1_767_225_600

    fileprivate var parts: [FixtureContent] {
        guard case .file(let content, let size) = kind else { return [FixtureContent(header)] }
        let padding = [UInt8](repeating: 0, count: Int((512 - size % 512) % 512))
        return [FixtureContent(header), content, FixtureContent(padding)]
    }

    private var header: [UInt8] {
        var header = TarHeader()
        switch kind {
        case .file(_, let size):
            header.put(path, at: 0)
            header.put("0", at: 156)
            header.put(octal: Int(size), digits: 11, at: 124)
        case .directory:
            header.put(path + "/", at: 0)
            header.put("5", at: 156)
            header.put(octal: 0, digits: 11, at: 124)
        case .link(let destination):
            header.put(path, at: 0)
            header.put("2", at: 156)
            header.put(octal: 0, digits: 11, at: 124)
            header.put(destination, at: 157)
        }
        header.put(octal: mode, digits: 7, at: 100)
        header.put(octal: 0, digits: 7, at: 108)
        header.put(octal: 0, digits: 7, at: 116)
        header.put(octal: Self.time, digits: 11, at: 136)
        return header.finished
    }
}

private struct TarHeader {
    private var bytes = [UInt8](repeating: 0, count: 512)

    mutating func put(_ text: String, at offset: Int) {
        bytes.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }

    mutating func put(octal number: Int, digits: Int, at offset: Int) {
        let text = String(number, radix: 8)
        put(String(repeating: "0", count: digits - text.count) + text, at: offset)
    }

    /// The header with magic, owner and checksum. The checksum counts its own field as blanks.
    var finished: [UInt8] {
        var header = self
        header.put("ustar\u{0}00root", at: 257)
        header.put("root", at: 297)
        header.put("        ", at: 148)
        let sum = header.bytes.reduce(0) { $0 + Int($1) }
        header.put(octal: sum, digits: 6, at: 148)
        header.put("\u{0} ", at: 154)
        return header.bytes
    }
}
