// SPDX-License-Identifier: Apache-2.0

/// Recognizes the kind of a file by its bytes, if its name does not tell it.
enum ContentSniffer {
    static func kind(of bytes: [UInt8]) -> FileKind {
        if let script = ScriptLine.kind(of: bytes) { return script }
        var lines = DockerfileLines(bytes)
        guard let line = lines.next() else { return .yaml }
        let text = TracedText(line.bytes, origin: 0)
        let words = text.blankSeparated
        guard let first = words.first?.string.lowercased(), words.count > 1, first == "from" || first == "arg" else {
            return .yaml
        }
        return .dockerfile
    }
}
