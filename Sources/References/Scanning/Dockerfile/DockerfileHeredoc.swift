// SPDX-License-Identifier: Apache-2.0

/// `<<NAME` in an instruction. The following lines belong to it, up to a line that is NAME.
struct DockerfileHeredoc {
    let name: [UInt8]
    /// `<<-`: tabs before the closing name are ignored.
    let stripsTabs: Bool

    /// The heredocs of an instruction, in order. Only RUN, COPY and ADD have heredocs, also after ONBUILD.
    static func heredocs(in line: DockerfileLine, escape: UInt8) -> [DockerfileHeredoc] {
        guard contains(line.bytes) else { return [] }
        let text = TracedText(line.bytes, origin: 0)
        var instruction = DockerfileInstruction(text, escape: escape)
        if instruction.name == "onbuild" { instruction = DockerfileInstruction(instruction.arguments, escape: escape) }
        guard ["run", "copy", "add"].contains(instruction.name), !instruction.isJSON else { return [] }
        var expansion = ShellExpansion(text)
        expansion.keepsQuotes = true
        expansion.keepsUnset = true
        let words = (try? expansion.words()) ?? []
        return words.compactMap { DockerfileHeredoc($0) }
    }

    private static func contains(_ bytes: [UInt8]) -> Bool {
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == UInt8(ascii: "<"), previous == byte { return true }
            previous = byte
        }
        return false
    }

    /// Parses digits, `<<`, an optional `-`, and one word without `<`, which may be quoted.
    private init?(_ word: TracedText) {
        let digits = word.bytes.prefix { (48...57).contains($0) }.count
        guard word.bytes[digits...].starts(with: "<<".utf8) else { return nil }
        var rest = word[digits + 2..<word.count]
        stripsTabs = rest.bytes.first == UInt8(ascii: "-")
        if stripsTabs { rest = rest[1..<rest.count] }
        rest = rest.trimmed
        guard !rest.isEmpty, !rest.bytes.contains(UInt8(ascii: "<")) else { return nil }
        var expansion = ShellExpansion(rest)
        expansion.keepsUnset = true
        guard let words = try? expansion.words(), words.count == 1 else { return nil }
        name = words[0].bytes
    }
}
