// SPDX-License-Identifier: Apache-2.0

/// Finds the base images of Jib builds: in Maven's pom.xml with its properties filled in, and literals in Gradle build
/// scripts.
enum JibScanner {
    static func scanMaven(_ bytes: [UInt8], _ properties: ElementProperties) -> ScanResult {
        var result = ScanResult()
        let text = TracedText(bytes, origin: 0)
        guard let plugin = find("jib-maven-plugin", in: bytes, from: 0) else { return result }
        var offset = plugin
        let end = find("</plugin>", in: bytes, from: plugin) ?? bytes.count
        if let to = find("<to>", in: bytes, from: plugin), to < end,
            let image = find("<image>", in: bytes, from: to), let stop = find("</image>", in: bytes, from: image),
            stop < end
        {
            let name = properties.filled(text[image + "<image>".utf8.count..<stop].trimmed)
            result.products.append(BuildProduct(name.string))
        }
        while let from = find("<from>", in: bytes, from: offset), from < end {
            offset = from + 1
            guard let close = find("</from>", in: bytes, from: from), close < end else { break }
            guard let image = find("<image>", in: bytes, from: from), image < close,
                let stop = find("</image>", in: bytes, from: image), stop < close
            else { continue }
            let base = text[image + "<image>".utf8.count..<stop].trimmed
            add(properties.filled(base), written: base, to: &result)
        }
        return result
    }

    /// Reads `jib { from { image = 'x' } }`, also without the equals sign, and `jib.from.image = 'x'`.
    static func scanGradle(_ bytes: [UInt8]) -> ScanResult {
        var result = ScanResult()
        let text = TracedText(bytes, origin: 0)
        var offset = 0
        while let from = word("from", in: bytes, from: offset) {
            offset = from + 4
            if let value = image(after: offset, in: bytes) {
                add(text[value].trimmed, written: text[value].trimmed, to: &result)
            }
        }
        offset = 0
        while let to = word("to", in: bytes, from: offset) {
            offset = to + 2
            if let value = image(after: offset, in: bytes) { result.products.append(BuildProduct(text[value].string)) }
        }
        return result
    }

    /// The literal in `{ image = 'x' }` or `.image = 'x'`.
    private static func image(after offset: Int, in bytes: [UInt8]) -> Range<Int>? {
        let rest = bytes[offset...].drop { TracedText.isBlank($0) }
        let isBlock = rest.first == UInt8(ascii: "{")
        let isPath = rest.first == UInt8(ascii: ".")
        guard isBlock || isPath, let image = word("image", in: bytes, from: rest.startIndex),
            !bytes[rest.startIndex..<image].contains(UInt8(ascii: "}"))
        else { return nil }
        let value = bytes[(image + 5)...].drop {
            TracedText.isBlank($0) || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "(")
        }
        guard let quote = value.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
            let end = value.dropFirst().firstIndex(of: quote)
        else { return nil }
        return value.startIndex + 1..<end
    }

    private static func add(_ text: TracedText, written: TracedText, to result: inout ScanResult) {
        guard !text.isEmpty, let range = written.coveringRange else { return }
        let meaning: Finding.Meaning
        var parts: [ReferencePart] = []
        if let reference = ImageName.reference(text.string) {
            meaning = .reference(reference)
            parts = ReferencePart.parts(of: text)
        } else {
            meaning = .unresolved(TemplateText.variable(in: text.string) ?? text.string)
        }
        result.findings.append(Finding(kind: .jib, range: range, text: written.string, meaning: meaning, parts: parts))
    }

    private static func find(_ word: String, in bytes: [UInt8], from start: Int) -> Int? {
        let word = Array(word.utf8)
        guard start + word.count <= bytes.count else { return nil }
        return (start...bytes.count - word.count).first { bytes[$0] == word[0] && bytes[$0...].starts(with: word) }
    }

    /// Like `find`, but does not match a part of a longer name.
    private static func word(_ text: String, in bytes: [UInt8], from start: Int) -> Int? {
        var offset = start
        while let found = find(text, in: bytes, from: offset) {
            let before = found == 0 ? 0 : bytes[found - 1]
            let after = found + text.utf8.count < bytes.count ? bytes[found + text.utf8.count] : 0
            if !isNameByte(before), !isNameByte(after) { return found }
            offset = found + 1
        }
        return nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte == 95 || (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
