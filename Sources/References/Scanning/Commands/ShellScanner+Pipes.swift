// SPDX-License-Identifier: Apache-2.0

extension ShellCommand {
    /// The file that `cat FILE` prints.
    var printedFile: TracedText? {
        let words = words.drop { ShellPrograms.prefixes.contains($0.string) }
        return words.count == 2 && words.first?.string == "cat" ? words.last : nil
    }
}

/// Texts that one command prints and another one reads: `echo '<manifest>' | kubectl apply -f -`.
extension ShellScanner {
    mutating func readPrinted(_ commands: [ShellCommand]) {
        guard commands.contains(where: \.isPiped) else { return }
        // Whether the last command of a pipeline reads what the ones before it write.
        var isRead = false
        for command in commands.reversed() {
            if !command.isPiped { isRead = readsInput(command) }
            if command.isPiped, isRead { readPrinted(by: command) }
        }
    }

    private mutating func readPrinted(by command: ShellCommand) {
        let words = command.words.drop { ShellPrograms.prefixes.contains($0.string) }
        guard let printer = words.first?.string, printer == "echo" || printer == "printf" else { return }
        for word in words.dropFirst() where word.bytes.contains(UInt8(ascii: ":")) {
            add(document: ShellHeredoc(word: word, isPrinted: true))
        }
    }

    /// Whether a command takes a document from its input.
    private func readsInput(_ command: ShellCommand) -> Bool {
        command.words.contains { Self.inputs.contains($0.string) }
            && command.words.contains { ImageProgram.named(programName($0)) != nil }
    }

    private static let inputs: Set<String> = ["-", "-f-", "--filename=-", "--file=-", "/dev/stdin"]
}
