// SPDX-License-Identifier: Apache-2.0

/// Finds the images of systemd's unit files: in Podman's quadlets (podman-systemd.unit(5)), and in the commands of
/// services.
struct UnitFileScanner {
    private let source: SourceText
    private var shell: ShellScanner
    private var position = 0

    /// - Parameter kind: `.quadlet` or `.systemd`.
    static func scan(_ bytes: [UInt8], kind: FindingKind) -> ScanResult {
        var result = scan(SourceText(bytes), kind: kind)
        for index in result.findings.indices {
            result.findings[index].text = String(decoding: bytes[result.findings[index].range], as: UTF8.self)
        }
        return result
    }

    /// The findings have the text that was read, which may differ from the file's text.
    static func scan(_ source: SourceText, kind: FindingKind) -> ScanResult {
        var scanner = UnitFileScanner(source: source, shell: ShellScanner(kind))
        while let line = scanner.nextLine() { scanner.read(line) }
        var result = scanner.shell.finished()
        result.problems = []
        return result
    }

    private init(source: SourceText, shell: ShellScanner) {
        self.source = source
        self.shell = shell
    }

    /// A line with the lines that continue it. Comments between them are skipped (systemd.syntax(7)).
    private mutating func nextLine() -> TracedText? {
        guard position < source.count else { return nil }
        var line = TracedText()
        while position < source.count {
            let start = position
            let end = source.endOfLine(from: position)
            position = min(end + 1, source.count)
            let isContinued = !line.isEmpty
            if isContinued, isComment(start) { continue }
            line.append(source.text(start..<position))
            let last = source[end - 1] == 13 ? end - 2 : end - 1
            if last < start || source[last] != UInt8(ascii: "\\") || isComment(start) { break }
        }
        return line.trimmed
    }

    private func isComment(_ start: Int) -> Bool {
        let first = source.bytes[start...].first { $0 != 32 && $0 != 9 }
        return first == UInt8(ascii: "#") || first == UInt8(ascii: ";")
    }

    private mutating func read(_ line: TracedText) {
        guard let (name, value) = line.cut(at: UInt8(ascii: "=")), !"#;[".utf8.contains(line.bytes[0]) else { return }
        let text = Self.asShell(value.trimmed)
        switch name.trimmed.string {
        case "Image": image(text)
        case "Mount": if let source = ImageField.mount.image(in: text) { image(source) }
        case "Environment": readVariables(text)
        case let name where name.hasPrefix("Exec"):
            // systemd.service(5), "Command lines": `$$` is a dollar sign.
            shell.read(SourceText(Self.command(text).withSingleDollars))
        default: return
        }
    }

    /// An image, with or without its transport, or the unit that makes one.
    private mutating func image(_ text: TracedText) {
        guard ![".image", ".build"].contains(where: text.string.hasSuffix) else { return }
        // podman-pull(1): the default transport is `docker://`.
        let transport = text.bytes.starts(with: "docker://".utf8) ? "docker://".utf8.count : 0
        shell.add(image: text[transport..<text.count])
    }

    private mutating func readVariables(_ text: TracedText) {
        var lexer = ShellLexer(SourceText(text))
        lexer.read()
        for word in lexer.commands.flatMap(\.words) {
            guard let (name, value) = ShellScanner.assignment(ShellVariables.unquoted(word)) else { continue }
            shell.variables.assign(name, value)
            shell.add(setting: name, value)
        }
    }

    /// The command without the special marks before it (systemd.service(5), "Special executable prefixes").
    private static func command(_ text: TracedText) -> TracedText {
        let start = text.bytes.firstIndex { !"@-:+!|".utf8.contains($0) } ?? text.count
        return text[start..<text.count]
    }

    /// Writes specifiers such as `%i` as shell variables. They have no value before the unit starts.
    private static func asShell(_ text: TracedText) -> TracedText {
        guard text.bytes.contains(UInt8(ascii: "%")) else { return text }
        var result = TracedText(capacity: text.count)
        var index = 0
        while index < text.count {
            let next = index + 1 < text.count ? text.bytes[index + 1] : 0
            guard text.bytes[index] == UInt8(ascii: "%"), next == UInt8(ascii: "%") || (next | 32) &- 97 < 26 else {
                result.append(at: index, of: text)
                index += 1
                continue
            }
            if next != UInt8(ascii: "%") {
                for byte in "${".utf8 { result.append(byte, origin: text.origins[index]) }
                result.append(at: index + 1, of: text)
                result.append(UInt8(ascii: "}"), origin: text.origins[index + 1])
            } else {
                result.append(at: index, of: text)
            }
            index += 2
        }
        return result
    }
}
