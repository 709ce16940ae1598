// SPDX-License-Identifier: Apache-2.0

/// Decides which files of a module are read at all. Most files neither mention images nor hold a text that looks like
/// one.
enum TerraformGate {
    /// Words in names for images, and resources that name files with images.
    private static let words = [
        "IMAGE", "image", "Image", "helm_release", "container_definitions", "cloudbuild_trigger",
    ].map {
        SearchWord($0)
    }
    private static let scripts = TerraformScripts.words.map { SearchWord($0) }

    static func mayHold(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            let file = 0..<buffer.count
            return words.contains { ByteSearch.contains($0, in: buffer, file) } || holdsReference(buffer)
                || scripts.contains { ByteSearch.contains($0, in: buffer, file) }
                    && CommandWords.stand(in: buffer, file)
        }
    }

    /// Whether a file has a quoted name with a slash, then a colon, and then a letter, a digit or a variable:
    /// `"acme/web:1"`. Addresses have their colon before the slash, and Amazon's names have several colons, so these do
    /// not count.
    private static func holdsReference(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var offset = 0
        while let colon = ByteSearch.first(UInt8(ascii: ":"), in: bytes, from: offset) {
            offset = colon + 1
            guard offset < bytes.count, isAlphanumeric(bytes[offset]) || bytes[offset] == UInt8(ascii: "$") else {
                continue
            }
            var start = colon
            var hasSlash = false
            while start > 0, isAlphanumeric(bytes[start - 1]) || "./_-${}".utf8.contains(bytes[start - 1]) {
                start -= 1
                hasSlash = hasSlash || bytes[start] == UInt8(ascii: "/")
            }
            if hasSlash, start > 0, bytes[start - 1] == UInt8(ascii: "\"") { return true }
        }
        return false
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 || byte &- 48 < 10 }

    /// Whether a text causes every file with it to be read, so that its uses in other files are found.
    static func isSeen(_ text: String) -> Bool {
        TerraformScanner.isPlain(text) && mayHold(Array(("\"" + text).utf8))
    }

    /// The same for a text with names in it, whatever their values are.
    static func isSeen(_ text: FilledText) -> Bool {
        var plain = ""
        for piece in text.pieces {
            switch piece {
            case .literal(let literal): plain += literal.string
            case .expression: plain += "x"
            }
        }
        return isSeen(plain)
    }

    /// The literals that a file gives to names: defaults, local values, values, and inputs of modules.
    static func values(of body: HCLBody) -> [FilledText] {
        body.attributes.flatMap { literals(in: $0.value) }
            + body.blocks.flatMap { block -> [FilledText] in
                switch block.type {
                case "variable": block.body.value("default").map { literals(in: $0) } ?? []
                case "locals", "module": block.body.attributes.flatMap { literals(in: $0.value) }
                default: []
                }
            }
    }

    /// The texts in an expression, as they are written.
    static func scripts(in value: HCLValue) -> [Substring] {
        switch value {
        case .text(let text): [text.written.string[...]]
        case .list(let values), .choice(let values), .other(let values), .call(_, let values): values.flatMap(scripts)
        default: []
        }
    }

    static func literals(in value: HCLValue) -> [FilledText] {
        switch value {
        case .text(let text): text.isBlock ? [] : [text]
        case .list(let values), .choice(let values), .other(let values): values.flatMap { literals(in: $0) }
        case .object(let entries): entries.flatMap { literals(in: $0.value) }
        case .call, .reference, .element: []
        }
    }
}
