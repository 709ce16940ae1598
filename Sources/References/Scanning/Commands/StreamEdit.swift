// SPDX-License-Identifier: Apache-2.0

/// A command that replaces text in files: `sed -i 's#acme/web:.*#acme/web:2#' deploy.yaml` (POSIX.1-2024, "sed"). Perl
/// with `-e` has the same form.
struct StreamEdit {
    /// The scripts, and the files that they are applied to.
    private var scripts: [TracedText] = []
    private var operands: [TracedText] = []

    static let programs: Set<String> = ["sed", "gsed", "perl"]

    /// - Parameter words: those after the program's name.
    init(_ words: some Collection<TracedText>) {
        var words = words.filter { !ShellVariables.unquoted($0).isEmpty }[...]
        while let word = words.popFirst() {
            let text = ShellVariables.unquoted(word)
            guard text.bytes.first == UInt8(ascii: "-"), text.count > 1 else {
                operands.append(word)
                continue
            }
            // Letters before `e` have no value: `-pie`, `-ne`. What follows `i` is the end of the backup's name.
            if text.bytes.last == UInt8(ascii: "e"), !text.bytes.starts(with: "--".utf8) || text.count == 2 {
                if let script = words.popFirst() { scripts.append(script) }
            } else if text.bytes.starts(with: "--expression=".utf8) {
                scripts.append(text["--expression=".utf8.count..<text.count])
            }
        }
        if scripts.isEmpty, !operands.isEmpty { scripts = [operands.removeFirst()] }
    }

    /// The names in the texts that the scripts search for.
    ///
    /// - Parameter read: returns the text of a word, as far as it is known.
    func soughtNames(_ read: (TracedText) -> String) -> [SoughtName] {
        let files = files(read)
        return Set(scripts.flatMap { Self.searches(in: Array(read($0).utf8)) }.flatMap(Self.names)).sorted()
            .filter { files != nil || $0.contains("/") }.map { SoughtName(name: $0, files: files) }
    }

    /// The files that are named; nil if one of them is not known.
    private func files(_ read: (TracedText) -> String) -> [String]? {
        let paths = operands.map { BuildCommand.local(read($0).filter { $0 != "\"" }) }
        guard !paths.isEmpty, !paths.contains(where: { $0 == nil || $0 == "." }) else { return nil }
        return paths.compactMap(\.self).map(FilePath.normalized)
    }

    /// The texts between the first and the second mark of `s#…#…#`, without backslashes.
    private static func searches(in script: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var position = 0
        while position < script.count {
            guard isCommand(script, at: position), let middle = end(of: script[(position + 1)...]),
                let last = end(of: script[middle...])
            else {
                position += 1
                continue
            }
            result.append(script[(position + 2)..<middle].filter { $0 != UInt8(ascii: "\\") })
            position = last + 1
        }
        return result
    }

    /// Whether there is an `s` with a mark behind it, where a command may begin.
    private static func isCommand(_ script: [UInt8], at position: Int) -> Bool {
        guard script[position] == UInt8(ascii: "s"), position + 1 < script.count else { return false }
        let isBegun = position == 0 || !isNameByte(script[position - 1]) || script[position - 1] == UInt8(ascii: "/")
        return isBegun && "#|/,@!%:~^+".utf8.contains(script[position + 1])
    }

    /// The place of the next byte like the first one, without a backslash before it.
    private static func end(of script: ArraySlice<UInt8>) -> Int? {
        guard let mark = script.first else { return nil }
        var position = script.startIndex + 1
        while position < script.endIndex {
            if script[position] == mark { return position }
            position += script[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// The words of a search that may be names of images, without tags.
    private static func names(in search: [UInt8]) -> [String] {
        search.split { !isNameByte($0) }.compactMap { word in
            let text = String(decoding: word, as: UTF8.self)
            // `acme/web:.*` is a name with any tag.
            let end = text.lastIndex { !":.".contains($0) }
            let name = end.map { ReferenceBounds.name(of: String(text[...$0])) }
            return name.flatMap { ImageName.reference($0) == nil ? nil : $0 }
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool { VariableUse.isNameByte(byte) || ".-/:".utf8.contains(byte) }
}
