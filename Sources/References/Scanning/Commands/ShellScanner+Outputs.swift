// SPDX-License-Identifier: Apache-2.0

/// A value that a step gives to the steps behind it.
struct HandedValue {
    let name: String
    /// The value in each branch, as far as it is known.
    let texts: [TracedText]
    /// Whether it becomes a variable of the shell, and not an output of the step.
    let isVariable: Bool
}

/// What a step of GitHub prints for its runner: `echo "image=$IMAGE" >> "$GITHUB_OUTPUT"` (docs.github.com, "Workflow
/// commands").
extension ShellScanner {
    private static let outputCommand = Array("::set-output name=".utf8)

    /// The values that commands print into the runner's files, alone or in a group.
    func handedValues(_ commands: [ShellCommand]) -> [HandedValue] {
        var result: [HandedValue] = []
        var (group, reader): (TracedText?, ShellCommand?) = (nil, nil)
        for command in commands.reversed() {
            if command.words.first?.string == "}" { group = command.target }
            let target = command.target ?? (command.isPiped ? Self.teeFile(reader) : nil) ?? group
            if let value = handedValue(command, into: target?.string ?? "") { result.append(value) }
            if command.words.first?.string == "{" { group = nil }
            reader = command
        }
        return result.reversed()
    }

    private static func teeFile(_ command: ShellCommand?) -> TracedText? {
        command?.words.first?.string == "tee" ? command?.words.last : nil
    }

    private func handedValue(_ command: ShellCommand, into file: String) -> HandedValue? {
        guard let (name, value) = Self.printedPair(command) else { return nil }
        let isVariable = file.contains("GITHUB_ENV")
        let isOfCommand = name.bytes.starts(with: Self.outputCommand)
        guard isVariable || isOfCommand || file.contains("GITHUB_OUTPUT") else { return nil }
        let texts = variables.values(of: value).map { $0 ?? variables.filled(value) }
        let plain = isOfCommand ? name[Self.outputCommand.count..<name.count] : name
        return HandedValue(name: plain.string, texts: texts, isVariable: isVariable)
    }

    /// The name and the value that `echo NAME=value`, `echo ::set-output name=NAME::value` or `printf 'NAME=%s\n' value`
    /// prints.
    private static func printedPair(_ command: ShellCommand) -> (TracedText, TracedText)? {
        let words = Array(command.words.drop { ShellPrograms.prefixes.contains($0.string) })
        guard words.count == 2 || words.count == 3, let last = words.last else { return nil }
        let text = ShellVariables.unquoted(words[1])
        switch words[0].string {
        case "echo" where words.count == 2:
            guard text.bytes.starts(with: outputCommand) else { return text.cut(at: UInt8(ascii: "=")) }
            let rest = text[outputCommand.count..<text.count]
            guard let (name, value) = rest.cut(at: UInt8(ascii: ":")) else { return nil }
            return (text[0..<outputCommand.count] + name, value.without(prefix: ":"))
        case "printf" where words.count == 3:
            guard let (name, format) = text.cut(at: UInt8(ascii: "=")), ["%s", "%s\\n"].contains(format.string) else {
                return nil
            }
            return (name, last)
        default: return nil
        }
    }
}
