// SPDX-License-Identifier: Apache-2.0

import GcraneSyntax

/// Refuses options that take one value and were given twice. The parser would take the last one, and a command that
/// does half of what was asked would succeed: with `--failures a.txt --failures b.txt` one file would be missing.
enum RepeatedOptions {
    static func refuse(_ words: [String]) throws {
        guard mayRepeat(words) else { return }
        let flags = OwnCommands.flags(of: words)
        var seen: Set<String> = []
        var rest = words[...]
        while let word = rest.popFirst(), word != "--" {
            guard let (flag, hasValue) = flag(word, among: flags) else { continue }
            if !hasValue { rest = rest.dropFirst() }
            guard !flag.kind.isRepeatable, !seen.insert(flag.name).inserted else { continue }
            throw CommandFailure.usage(["--\(flag.name) was given twice, and takes one value"])
        }
    }

    /// Whether an option may be there twice, as far as the words alone show it. Asking the parser for the options of a
    /// command takes 12 ms, twice as long as everything else before a command begins.
    private static func mayRepeat(_ words: [String]) -> Bool {
        let options = words.prefix { $0 != "--" }.filter { $0.hasPrefix("-") && $0.count > 1 }
        let names = Set(options.map { RenamedOptions.newName(of: String($0.prefix { $0 != "=" })) })
        // A short name may mean any long one.
        let hasShort = options.contains { !$0.hasPrefix("--") }
        return names.count < options.count || (hasShort && options.count > 1)
    }

    /// The option with a value that a word names, and whether the value is in the same word.
    private static func flag(_ word: String, among flags: [FlagSpec]) -> (FlagSpec, hasValue: Bool)? {
        guard word.hasPrefix("-"), word.count > 1 else { return nil }
        if word.hasPrefix("--") {
            let typed = String(word.prefix { $0 != "=" })
            // An old name in some commands is the only name in others.
            let name = flags.contains { "--" + $0.name == typed } ? typed : RenamedOptions.newName(of: typed)
            let flag = flags.first { "--" + $0.name == name && $0.kind != .bool }
            return flag.map { ($0, word.contains("=")) }
        }
        let short = word.dropFirst()
        let flag = flags.first { $0.shorthand == short.first && $0.kind != .bool }
        return flag.map { ($0, short.count > 1) }
    }
}
