// SPDX-License-Identifier: Apache-2.0

extension ShellCommand {
    /// The file that `cat FILE` prints.
    var printedFile: TracedText? {
        let words = words.drop { ShellPrograms.prefixes.contains($0.string) }
        return words.count == 2 && words.first?.string == "cat" ? words.last : nil
    }
}

extension ShellCommand {
    /// The words that `echo` and `printf` print, without options and the format.
    fileprivate var printedWords: [TracedText] {
        let words = words.drop { ShellPrograms.prefixes.contains($0.string) }
        let texts = words.dropFirst().drop { $0.bytes.first == UInt8(ascii: "-") }
        switch words.first?.string {
        case "echo": return texts.flatMap(Self.split)
        case "printf": return texts.count > 1 ? texts.dropFirst().flatMap(Self.split) : []
        default: return []
        }
    }

    /// What the command prints, as one word that stands for it. nil: nothing, words that are known, or what is on this machine.
    fileprivate var printedText: TracedText? {
        let words = words.drop { ShellPrograms.prefixes.contains($0.string) }
        guard let first = words.first, !["echo", "printf"].contains(first.string),
            ImageProgram.named(ShellPrograms.lastPart(first.string)) == nil
        else { return nil }
        let text = words.dropFirst().reduce(first) { $0 + TracedText(untraced: " ") + $1 }
        return TracedText(untraced: "$(") + text + TracedText(untraced: ")")
    }

    /// The words of a text in quotes. One with variables is a word of its own.
    private static func split(_ word: TracedText) -> [TracedText] {
        word.bytes.contains(UInt8(ascii: "$")) ? [word] : ShellVariables.unquoted(word).blankSeparated
    }
}

/// `xargs` with the command that it runs (POSIX.1-2024, "xargs"; xargs(1)).
private struct XArgs {
    private let command: [TracedText]
    /// The text in the command that stands for what is passed. nil: that stands at its end.
    private let mark: [UInt8]?

    /// The most words of a command that is read.
    private static let wordLimit = 64

    private static let options = CommandOptions(
        "null open-tty no-run-if-empty interactive verbose exit show-limits", letters: "0oprtx")

    init?(_ words: [TracedText]) {
        // The command is read once for each word that is passed to it.
        guard words.count <= Self.wordLimit else { return nil }
        let words = Array(words.drop { $0.string == "sudo" })
        guard let first = words.first, ShellPrograms.lastPart(first.string) == "xargs" else { return nil }
        var (position, mark): (Int, [UInt8]?) = (1, nil)
        while position < words.count, let option = Self.options.option(words[position].string) {
            let next = option.takesNext && position + 1 < words.count ? words[position + 1] : nil
            let value = option.valueOffset.map { words[position][$0..<words[position].count] } ?? next
            if option.name == "I" || option.name == "replace" { mark = value.map { ShellVariables.unquoted($0).bytes } }
            position += option.takesNext ? 2 : 1
        }
        guard position < words.count else { return nil }
        (command, self.mark) = (Array(words[position...]), mark)
    }

    func words(with passed: TracedText) -> [TracedText] {
        guard let mark else { return command + [passed] }
        return command.map { ShellVariables.unquoted($0).bytes == mark ? passed : $0 }
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

    /// The most words that are passed to one command.
    private static let passedLimit = 64

    /// Reads the commands that `xargs` makes of what another command prints: `echo "$IMAGES" | xargs -n 1 docker pull`.
    mutating func readPassed(_ commands: [ShellCommand], depth: Int) {
        for (printer, reader) in zip(commands, commands.dropFirst()) where printer.isPiped {
            guard let call = XArgs(reader.words) else { continue }
            let words = printer.printedText.map { [$0] } ?? printer.printedWords
            for word in words.prefix(Self.passedLimit) {
                read(ShellCommand(words: call.words(with: word)), depth: depth)
            }
        }
    }

    /// A name for the values that a chart gets as a command's input: `helm install app ./app -f -`.
    func valuesFile(of command: ShellCommand) -> TracedText? {
        let isChart = command.words.contains { programName($0) == "helm" }
        return isChart && command.words.contains { Self.inputs.contains($0.string) }
            ? TracedText(untraced: "values.yaml") : nil
    }

    /// Whether a command takes a document from its input.
    private func readsInput(_ command: ShellCommand) -> Bool {
        command.words.contains { Self.inputs.contains($0.string) }
            && command.words.contains { ImageProgram.named(programName($0)) != nil }
    }

    private static let inputs: Set<String> = ["-", "-f-", "--filename=-", "--file=-", "--values=-", "/dev/stdin"]
}
