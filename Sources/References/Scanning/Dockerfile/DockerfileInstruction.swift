// SPDX-License-Identifier: Apache-2.0

/// The parts of an instruction: its name, the flags before its arguments, and the arguments.
struct DockerfileInstruction {
    /// The name in lower case.
    let name: String
    /// `--name=value` words without their quotes and escapes.
    let flags: [TracedText]
    let arguments: TracedText

    init(_ line: TracedText, escape: UInt8) {
        let line = line.trimmed
        let end = line.bytes.firstIndex(where: TracedText.isBlank) ?? line.count
        name = line[0..<end].string.lowercased()
        var reader = FlagReader(line: line, position: end, escape: escape)
        flags = reader.flags()
        arguments = line[min(reader.position, line.count)..<line.count].trimmed
    }

    static let names: Set<String> = [
        "add", "arg", "cmd", "copy", "entrypoint", "env", "expose", "from", "healthcheck", "label", "maintainer",
        "onbuild", "run", "shell", "stopsignal", "user", "volume", "workdir",
    ]

    /// The values of the flags called `name`.
    func values(ofFlag name: String) -> [TracedText] {
        flags.compactMap { flag in
            guard let (before, after) = flag.cut(at: UInt8(ascii: "=")), before.string == "--" + name else {
                return nil
            }
            return after
        }
    }

    /// Whether the arguments are a JSON array. Such arguments contain no heredocs.
    var isJSON: Bool {
        guard arguments.bytes.first == UInt8(ascii: "[") else { return false }
        return JSONArrayOfStrings.isOne(arguments.bytes)
    }
}

/// Reads `--flag` words up to the first other word, or up to and including `--`.
private struct FlagReader {
    let line: TracedText
    var position: Int
    let escape: UInt8

    mutating func flags() -> [TracedText] {
        var flags: [TracedText] = []
        while true {
            skipBlanks()
            guard line.bytes[position...].starts(with: "--".utf8) else { return flags }
            let word = word()
            if word.bytes.elementsEqual("--".utf8) { return flags }
            flags.append(word)
        }
    }

    private mutating func skipBlanks() {
        while position < line.count, TracedText.isBlank(line.bytes[position]) { position += 1 }
    }

    private mutating func word() -> TracedText {
        var word = TracedText()
        var quote: UInt8?
        while position < line.count {
            let byte = line.bytes[position]
            if quote == nil, TracedText.isBlank(byte) { break }
            if byte == quote {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == escape {
                position += 1
                if position < line.count { word.append(at: position, of: line) }
            } else {
                word.append(at: position, of: line)
            }
            position += 1
        }
        position = min(position, line.count)
        return word
    }
}
