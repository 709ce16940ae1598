// SPDX-License-Identifier: Apache-2.0

/// Finds images in files of `NAME=value` lines, by the names (docs.docker.com, "Set, use, and manage variables").
enum DotEnvScanner {
    static func scan(_ bytes: [UInt8]) -> ScanResult { scan(SourceText(bytes)) }

    static func scan(_ source: SourceText) -> ScanResult {
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

    /// Corrects findings for variables that Compose files beside this file use as one part of an image
    /// (`${IMAGE}:${TAG}`): the finding then means that image.
    static func complete(_ result: inout ScanResult, of bytes: [UInt8], in nearby: NearbyFiles) {
        guard !result.findings.isEmpty else { return }
        let images = composeFiles.compactMap(nearby.read).flatMap(images)
        let uses = images.flatMap { VariableUse.all(in: $0) }
        let parts = Set(uses.filter(\.isPart).map(\.name)).subtracting(uses.filter { !$0.isPart }.map(\.name))
        guard !parts.isEmpty else { return }
        var variables = Variables()
        variables.readDotEnv(bytes)
        for index in result.findings.indices {
            let finding = result.findings[index]
            guard let name = name(of: finding, in: bytes), parts.contains(name),
                let image = images.first(where: { VariableUse.all(in: $0).contains { $0.name == name } })
            else { continue }
            let filled = variables.fill(image)
            let reference = filled.missing == nil ? ImageName.reference(filled.text.string) : nil
            result.findings[index].meaning =
                reference.map { .reference($0) } ?? .unresolved(filled.missing ?? image.string)
            let isFirst = image.bytes.starts(with: "${\(name)".utf8) || image.bytes.starts(with: "$\(name)".utf8)
            result.findings[index].parts = isFirst ? [ReferencePart(.name, finding.range, value: finding.text)] : []
        }
    }

    private static let composeFiles = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"]

    /// The texts after `image:` in a Compose file.
    private static func images(_ file: [UInt8]) -> [TracedText] {
        TracedText(file, origin: 0).lines.compactMap { line in
            let key = "image:"
            guard line.bytes.starts(with: key.utf8) else { return nil }
            return ShellVariables.unquoted(line[key.utf8.count..<line.count].trimmed)
        }
    }

    private static func name(of finding: Finding, in bytes: [UInt8]) -> String? {
        let front = bytes[..<finding.range.lowerBound]
        let line = front[(front.lastIndex(of: 10).map { $0 + 1 } ?? 0)...]
        return setting(TracedText(line, origin: 0).trimmed)?.0
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
