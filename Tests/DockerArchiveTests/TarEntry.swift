// SPDX-License-Identifier: Apache-2.0

/// A file of a tar stream, made by hand: another reading of the format than the one under test.
struct TarEntry {
    let name: String
    let content: [UInt8]
    /// What a hard link shares.
    private var target: String?

    /// - Parameter content: its own name if nothing else is given.
    init(_ name: String, content: String? = nil) {
        self.name = name
        self.content = name.hasSuffix("/") ? [] : Array((content ?? name).utf8)
    }

    /// A hard link.
    init(_ name: String, linkTo target: String) {
        self.init(name, content: "")
        self.target = target
    }

    var bytes: [UInt8] {
        let isFolder = name.hasSuffix("/")
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at position: Int) {
            for (offset, byte) in text.utf8.enumerated() { block[position + offset] = byte }
        }
        func octal(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put(octal(content.count, 11), at: 124)
        put(target != nil ? "1" : isFolder ? "5" : "0", at: 156)
        put(target ?? "", at: 157)
        put("        ", at: 148)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\0 ", at: 148)
        return block + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The names of a stream of such files.
    static func names(in stream: [UInt8]) -> [String] {
        var (names, offset): ([String], Int) = ([], 0)
        while offset + 512 <= stream.count {
            let name = String(decoding: stream[offset...].prefix { $0 != 0 }, as: UTF8.self)
            let size = Int(String(decoding: stream[offset + 124..<offset + 135], as: UTF8.self), radix: 8) ?? 0
            names.append(name)
            offset += 512 + (size + 511) / 512 * 512
        }
        return names
    }
}
