// SPDX-License-Identifier: Apache-2.0

/// Recognizes the program that reads a script by the script's first line (execve(2), "Interpreter scripts").
package enum ScriptLine {
    /// The number of bytes to check at the beginning of a file. Linux checks no more.
    package static let length = 256

    /// Whether a file may be a script that only its first line identifies: its name has no dot after the first
    /// character.
    package static func mayTell(path: String) -> Bool {
        let name = path.utf8[
            (path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) } ?? path.startIndex)...]
        return !name.isEmpty && !name.dropFirst().contains(UInt8(ascii: "."))
    }

    /// - Parameter bytes: the beginning of the file.
    /// - Returns: nil if it is not a script in a language that is scanned.
    package static func kind(of bytes: some Sequence<UInt8>) -> FileKind? {
        let beginning = Array(bytes.prefix(length))
        if CloudConfigScanner.isMeant(beginning) { return .yaml }
        let line = beginning.prefix { $0 != 10 && $0 != 13 }
        guard line.starts(with: "#!".utf8) else { return nil }
        let words = TracedText(line.dropFirst(2), origin: 0).blankSeparated.map(\.string)
        let program = words.lazy.map(name).first { word in !passedOver.contains(word) && !isOption(word) }
        return program.flatMap { formats[$0] }.map { .text($0) }
    }

    /// `/usr/bin/env -S NAME=value bash -e`, `/bin/busybox sh`: words before the program's own name.
    private static let passedOver: Set<String> = ["env", "busybox"]

    private static func isOption(_ word: String) -> Bool { word.hasPrefix("-") || word.contains("=") }

    /// The name of a program without its folder and its version: `python3.12`.
    private static func name(_ word: String) -> String {
        let name = word.split(separator: "/").last ?? ""
        return String(name.prefix { !$0.isNumber })
    }

    private static let formats: [String: TextFormat] = [
        "sh": .shell, "bash": .shell, "dash": .shell, "ash": .shell, "ksh": .shell, "mksh": .shell, "zsh": .shell,
        "bats": .shell, "pwsh": .powershell, "make": .makefile, "gmake": .makefile, "just": .justfile,
        "python": .python, "node": .typescript, "groovy": .groovy,
    ]
}
