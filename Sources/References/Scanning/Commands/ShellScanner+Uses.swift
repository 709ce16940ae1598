// SPDX-License-Identifier: Apache-2.0

/// Other effects of commands: they change the folder, build, and use variables for things other than images.
extension ShellScanner {
    /// Handles a command that changes the folder. An unknown folder is taken for the folder that the text begins in.
    mutating func enterFolder(_ command: ShellCommand) {
        let words = command.words.drop { ShellPrograms.prefixes.contains($0.string) }
        switch words.first?.string {
        case "popd": folder = startFolder
        case "cd", "pushd":
            guard let word = words.dropFirst().first else { return folder = startFolder }
            let text = variables.value(of: word)?.string ?? word.string.filter { $0 != "\"" }
            guard let path = BuildCommand.local(text) else { return folder = startFolder }
            folder = FilePath.asFolder(folder + path)
        default: return
        }
    }

    mutating func note(_ build: BuildCommand) {
        var build = build
        build.folder = folder
        add(build)
    }

    /// Commands whose words assign values to names, or show possible values.
    private static let assigning: Set<String> = [
        "export", "local", "readonly", "declare", "typeset", "for", "select", "read", ":",
    ]

    /// - Parameter named: the words of the command that name images, used or made.
    mutating func noteOthers(_ words: [TracedText], except named: [TracedText]) {
        let words = words.drop { ShellPrograms.prefixes.contains($0.string) || Self.assignment($0) != nil }
        guard let first = words.first, !Self.assigning.contains(first.string) else { return }
        let known = Set(named.compactMap { word in word.origins.first { $0 != TracedText.nowhere } })
        for word in words where mayShare(word) && !word.origins.contains(where: known.contains) { add(other: word) }
    }

    /// Make has already filled in its variables.
    private func mayShare(_ word: TracedText) -> Bool {
        kind == .makefile || word.bytes.contains(UInt8(ascii: "$"))
    }
}
