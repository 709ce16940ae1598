// SPDX-License-Identifier: Apache-2.0

/// The candidates for the last word of a command line. A shell asks for them by putting the word `__complete` or
/// `__completeNoDesc` in front of the line.
///
/// Scripts that gcrane's command library (spf13/cobra) generated call it in this way, so installed scripts continue to
/// work.
package struct Completion: Sendable, Hashable {
    package struct Candidate: Sendable, Hashable {
        package var word: String
        package var summary: String
    }

    /// What the shell does in addition to offering the candidates. The numbers are cobra's.
    package enum Directive: Int, Sendable {
        /// The shell completes file names if there are no candidates.
        case files = 0
        case nothing = 4
        /// The shell adds no blank after a candidate, because the word continues.
        case noSpace = 6
        /// The shell completes folder names if there are no candidates.
        case folders = 16
    }

    package var candidates: [Candidate] = []
    package var directive = Directive.nothing
    private let registries: [String]

    /// - Parameters:
    ///   - words: the line without the program's name. The last word is the one being typed; it is empty for a new
    ///     word.
    ///   - registries: hosts to offer where the line can name an image or a registry.
    package init(of words: [String], in syntax: CommandLineSyntax, registries: [String] = []) {
        self.registries = registries
        // Older PowerShells cannot pass an empty word.
        let typed = words.last.map { $0 == "\"\"" ? "" : $0 } ?? ""
        let line = CompletionLine(Array(words.dropLast()), syntax)
        if let flag = line.waitingFlag {
            offer(flag, typed)
        } else if typed.hasPrefix("-"), !line.hasEndedFlags {
            offerFlags(of: line, typed)
        } else {
            offerCommands(of: line, typed)
        }
    }

    private mutating func offer(_ flag: FlagSpec?, _ typed: String) {
        if let choices = flag?.choices, !choices.isEmpty { return add(choices, typed) }
        offer(flag.map(CompletionValue.init) ?? .files, typed)
    }

    private mutating func offer(_ value: CompletionValue, _ typed: String) {
        switch value {
        case .files: directive = .files
        case .folders: directive = .folders
        case .nothing: directive = .nothing
        case .hosts: add(registries, typed)
        case .images: addImages(typed)
        case .filesAndImages:
            addImages(typed)
            if candidates.isEmpty { directive = .files }
        }
    }

    private mutating func addImages(_ typed: String) {
        add(registries.map { $0 + "/" }, typed)
        directive = candidates.isEmpty ? .files : .noSpace
    }

    private mutating func add(_ words: [String], _ typed: String) {
        candidates = words.filter { $0.hasPrefix(typed) }.map { Candidate(word: $0, summary: "") }
    }

    private mutating func offerFlags(of line: CompletionLine, _ typed: String) {
        if let equals = typed.firstIndex(of: "=") {
            let flag = line.flag(String(typed[..<equals]))
            return offer(flag, String(typed[typed.index(after: equals)...]))
        }
        for flag in line.openFlags {
            candidates += flag.spellings.filter { $0.hasPrefix(typed) }.map { Candidate(word: $0, summary: flag.usage) }
        }
    }

    private mutating func offerCommands(of line: CompletionLine, _ typed: String) {
        guard let commands = line.commands else {
            return offer(line.argument, typed)
        }
        for command in commands.sorted(by: { $0.name < $1.name }) {
            let names = ([command.name] + command.aliases).filter { $0.hasPrefix(typed) }
            candidates += names.map { Candidate(word: $0, summary: command.summary) }
        }
    }
}

extension Completion {
    /// One line for each candidate, then the directive as cobra's number.
    package func text(withSummaries: Bool) -> String {
        let lines = candidates.map { candidate in
            let summary = candidate.summary.prefix { !$0.isNewline }
            return withSummaries && !summary.isEmpty ? "\(candidate.word)\t\(summary)" : candidate.word
        }
        return (lines + [":\(directive.rawValue)"]).joined(separator: "\n")
    }

    /// The directive in words, for people who debug a script.
    package var directiveText: String { "Completion ended with directive: \(directive.words)" }
}

extension Completion.Directive {
    fileprivate var words: String {
        switch self {
        case .files: "ShellCompDirectiveDefault"
        case .nothing: "ShellCompDirectiveNoFileComp"
        case .noSpace: "ShellCompDirectiveNoSpace, ShellCompDirectiveNoFileComp"
        case .folders: "ShellCompDirectiveFilterDirs"
        }
    }
}

/// The finished words of a line, parsed as far as completion needs.
private struct CompletionLine {
    private let words: [String]
    private let syntax: CommandLineSyntax
    private let finder: CommandFinder

    init(_ words: [String], _ syntax: CommandLineSyntax) {
        self.words = words
        self.syntax = syntax
        finder = CommandFinder(syntax.root, words, globals: syntax.globals)
    }

    private var command: CommandSpec { finder.path[finder.path.count - 1] }

    private var flags: [FlagSpec] {
        let own = command.flags + [.help]
        return (command.takesGlobals ? syntax.globals + own : own).filter { !$0.isHidden }
    }

    /// After `--` there are only arguments.
    var hasEndedFlags: Bool { finder.words.contains("--") }

    /// The flag whose value comes next.
    var waitingFlag: FlagSpec? {
        guard !hasEndedFlags, let last = finder.words.last, last.hasPrefix("-"), !last.contains("=") else { return nil }
        return flag(last).flatMap { $0.needsNoValue ? nil : $0 }
    }

    /// The flag named by `--name`, or by the last letter after one dash.
    func flag(_ word: String) -> FlagSpec? {
        if word.hasPrefix("--") { return flags.first { $0.name == word.dropFirst(2) } }
        return word.count > 1 ? flags.first { $0.shorthand == word.last } : nil
    }

    /// The flags that may still be given.
    var openFlags: [FlagSpec] {
        let given = Set(finder.words.filter { $0.hasPrefix("-") }.map { String($0.prefix { $0 != "=" }) })
        return flags.filter { $0.kind.isRepeatable || given.isDisjoint(with: $0.spellings) }
    }

    /// What to offer for an argument.
    var argument: CompletionValue { CompletionValue(arguments: command.arguments) }

    /// The commands that may follow; nil if arguments follow instead.
    var commands: [CommandSpec]? {
        let bare = finder.bareWords
        if finder.path.count == 1 {
            if bare.first == "help" { return topics(Array(bare.dropFirst())) }
            guard bare.isEmpty else { return nil }
            return command.subcommands + [CommandSpec("help", summary: "tell about any command")]
        }
        return command.subcommands.isEmpty || !bare.isEmpty ? nil : command.subcommands
    }

    private func topics(_ words: [String]) -> [CommandSpec] {
        let path = CommandFinder(syntax.root, words, globals: syntax.globals).path
        return path.count == words.count + 1 ? path[path.count - 1].subcommands : []
    }
}
