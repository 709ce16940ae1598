// SPDX-License-Identifier: Apache-2.0

/// Finds images in files of `NAME=value` lines, by the names (docs.docker.com, "Set, use, and manage variables").
enum DotEnvScanner {
    static func scan(_ bytes: [UInt8]) -> ScanResult {
        let source = SourceText(bytes)
        var shell = ShellScanner(.dotenv)
        var settings: [(String, TracedText)] = []
        var position = 0
        while position < source.count {
            let end = source.endOfLine(from: position)
            if let (name, value) = setting(source.text(position..<end).trimmed) {
                shell.variables.assign(name, value)
                settings.append((name, value))
            }
            position = end + 1
        }
        for (name, value) in settings { shell.add(setting: name, value) }
        return shell.finished()
    }

    private static func setting(_ line: TracedText) -> (String, TracedText)? {
        var line = line
        if line.bytes.starts(with: "export ".utf8) { line = line[7..<line.count].trimmed }
        guard let (name, value) = line.cut(at: UInt8(ascii: "=")), line.bytes.first != UInt8(ascii: "#") else {
            return nil
        }
        let raw = value.trimmed
        if let quote = raw.bytes.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
            let end = raw.bytes.dropFirst().firstIndex(of: quote)
        {
            return (name.trimmed.string, raw[0..<end + 1])
        }
        let word = raw.blankSeparated.first ?? TracedText()
        return (name.trimmed.string, word)
    }
}
