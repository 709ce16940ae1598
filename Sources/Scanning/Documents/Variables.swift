/// Variables that a pipeline or Compose fills into a text: `$x`, `${x}` and, for Compose, `${x:-w}` and its kin.
struct Variables {
    var values: [String: TracedText] = [:]

    /// - Returns: the text filled in and the first variable that has no value; nil where it cannot be read.
    func fill(_ text: TracedText) -> (text: TracedText, missing: String?) {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return (text, nil) }
        var expansion = ShellExpansion(escapingDollars(text))
        expansion.variables = values
        expansion.escape = 0
        do throws(ExpansionError) {
            let filled = try expansion.word()
            let isUsable =
                ImageName.reference(filled.string) != nil && filled.bytes.last.map { !".-_".utf8.contains($0) } ?? false
            return (filled, isUsable ? nil : expansion.unset.first ?? expansion.mentioned.first)
        } catch {
            return (text, error.variable ?? TemplateText.variable(in: text.string) ?? text.string)
        }
    }

    /// `$$` is a dollar; written as single-quoted for the expansion.
    private func escapingDollars(_ text: TracedText) -> TracedText {
        var result = TracedText()
        var position = 0
        while position < text.count {
            if text.bytes[position...].starts(with: "$$".utf8) {
                let quote = UInt8(ascii: "'")
                result.append(quote, origin: TracedText.nowhere)
                result.append(at: position + 1, of: text)
                result.append(quote, origin: TracedText.nowhere)
                position += 2
            } else {
                result.append(at: position, of: text)
                position += 1
            }
        }
        return result
    }

    /// Reads `NAME=value` lines, as Compose reads `.env`: comments, `export`, quotes, and values made of those before them
    /// (docs.docker.com, "Set, use, and manage variables": not in single quotes).
    mutating func readDotEnv(_ bytes: [UInt8]) {
        for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
            var line = line.drop { $0 == " " || $0 == "\t" }
            if line.hasPrefix("export ") { line = line.dropFirst(7).drop { $0 == " " } }
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            let name = line[..<equals].filter { $0 != " " }
            values[name] = value(line[line.index(after: equals)...])
        }
    }

    private func value(_ text: Substring) -> TracedText {
        let text = text.drop { $0 == " " || $0 == "\t" }
        if let quote = text.first, quote == "\"" || quote == "'", let end = text.dropFirst().firstIndex(of: quote) {
            let quoted = TracedText(untraced: String(text[text.index(after: text.startIndex)..<end]))
            return quote == "'" ? quoted : filled(quoted)
        }
        return filled(TracedText(untraced: Self.plain(text)))
    }

    /// What cannot be filled in stays as it is, and is no image.
    private func filled(_ text: TracedText) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "$")) else { return text }
        var expansion = ShellExpansion(text)
        expansion.variables = values
        expansion.escape = 0
        guard let filled = try? expansion.word(), expansion.unset.isEmpty else { return text }
        return filled
    }

    private static func plain(_ text: Substring) -> String {
        var plain = text.firstRange(of: " #").map { text[..<$0.lowerBound] } ?? text
        while plain.last == " " || plain.last == "\t" { plain = plain.dropLast() }
        return String(plain)
    }
}
