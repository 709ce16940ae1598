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
/// commands"), and one of Azure: `echo "##vso[task.setvariable variable=image]$IMAGE"` (learn.microsoft.com, "Set variables
/// in scripts").
extension ShellScanner {
    private static let outputCommand = Array("::set-output name=".utf8)
    private static let variableCommand = Array("##vso[task.setvariable ".utf8)

    var handsOut: Bool { kind == .githubActions || kind == .azurePipelines }

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
        if kind == .azurePipelines { return assignedValue(command) }
        guard let (name, value) = Self.printedPair(command) else { return nil }
        let isVariable = file.contains("GITHUB_ENV")
        let isOfCommand = name.bytes.starts(with: Self.outputCommand)
        guard isVariable || isOfCommand || file.contains("GITHUB_OUTPUT") else { return nil }
        let texts = texts(of: value)
        let plain = isOfCommand ? name[Self.outputCommand.count..<name.count] : name
        return HandedValue(name: plain.string, texts: texts, isVariable: isVariable)
    }

    private func texts(of value: TracedText) -> [TracedText] {
        variables.values(of: value).map { $0 ?? variables.filled(value) }
    }

    /// The variable that a text for Azure's agent sets, in any shell.
    private func assignedValue(_ command: ShellCommand) -> HandedValue? {
        let words = Array(command.words.drop { ShellPrograms.prefixes.contains($0.string) })
        guard words.count == 2, Self.printers.contains(words[0].string.lowercased()) else { return nil }
        let text = ShellVariables.unquoted(words[1])
        guard text.bytes.starts(with: Self.variableCommand), let end = text.bytes.firstIndex(of: UInt8(ascii: "]"))
        else {
            return nil
        }
        let pairs = text[Self.variableCommand.count..<end].string.split(separator: ";").map { $0.split(separator: "=") }
        func property(_ name: String) -> String? {
            pairs.first { $0.count == 2 && $0[0].lowercased() == name }.map { String($0[1]) }
        }
        guard let name = property("variable") else { return nil }
        return HandedValue(
            name: name, texts: texts(of: text[end + 1..<text.count]),
            isVariable: property("isoutput")?.lowercased() != "true")
    }

    private static let printers: Set<String> = ["echo", "write-host", "write-output"]

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
