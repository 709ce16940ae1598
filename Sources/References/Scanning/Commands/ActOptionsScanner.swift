// SPDX-License-Identifier: Apache-2.0

/// Finds the images of runners in `.actrc`, the options of act (nektosact.com, "Runners"): `-P ubuntu-latest=IMAGE`.
enum ActOptionsScanner {
    static func scan(_ bytes: [UInt8]) -> ScanResult {
        let source = SourceText(bytes)
        var found = FoundImages(.act)
        var position = 0
        while position < source.count {
            let end = source.endOfLine(from: position)
            if let image = image(in: source.text(position..<end).trimmed) { found.add(image) }
            position = end + 1
        }
        var result = ScanResult()
        result.findings = found.findings
        return result
    }

    /// The value `-self-hosted` means the machine itself.
    private static func image(in line: TracedText) -> TracedText? {
        guard let name = ["--platform", "-P"].first(where: { line.bytes.starts(with: $0.utf8) }),
            let (_, image) = line[name.utf8.count..<line.count].trimmedOfEquals.cut(at: UInt8(ascii: "=")),
            image.bytes.first != UInt8(ascii: "-")
        else { return nil }
        return ShellVariables.unquoted(image.trimmed)
    }
}

extension TracedText {
    /// The text without the equals sign between an option and its value.
    fileprivate var trimmedOfEquals: TracedText {
        let text = trimmed
        return text.bytes.first == UInt8(ascii: "=") ? text[1..<text.count].trimmed : text
    }
}
