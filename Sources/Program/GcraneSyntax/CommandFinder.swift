// SPDX-License-Identifier: Apache-2.0

/// Finds the command in a command line before its flags are parsed, as gcrane's command library (spf13/cobra) does: the
/// first word that is neither a flag nor the value of a flag.
///
/// A flag that the program does not know is assumed to take a value, so `-j 3 cp A B` finds `cp`, and `-r cp A B` does
/// not.
struct CommandFinder {
    /// The commands from the program down to the command that was found.
    private(set) var path: [CommandSpec]
    /// The words that remain for the command: all words except those that named it.
    private(set) var words: [String]
    private let globals: [FlagSpec]

    init(_ root: CommandSpec, _ words: [String], globals: [FlagSpec]) {
        path = [root]
        self.words = words
        self.globals = globals
        while let position = commandPosition, let next = path[path.count - 1].subcommand(self.words[position]) {
            path.append(next)
            self.words.remove(at: position)
        }
    }

    /// The words that are neither flags nor values of flags, as far as this is known before the flags are parsed.
    var bareWords: [String] {
        var bare: [String] = []
        visit { position in
            bare.append(words[position])
            return true
        }
        return bare
    }

    private var commandPosition: Int? {
        var first: Int?
        visit { position in
            first = position
            return false
        }
        return first
    }

    private func visit(_ body: (Int) -> Bool) {
        var position = 0
        while position < words.count {
            let word = words[position]
            if word == "--" { return }
            if takesNext(word) {
                // If a value is the last word, there is no command.
                if position + 2 >= words.count { return }
                position += 2
                continue
            }
            if !word.isEmpty, !word.hasPrefix("-"), !body(position) { return }
            position += 1
        }
    }

    private func takesNext(_ word: String) -> Bool {
        guard word.hasPrefix("-"), !word.contains("=") else { return false }
        let known = path[path.count - 1].flags + globals
        if word.hasPrefix("--") {
            return known.first { $0.name == word.dropFirst(2) }?.needsNoValue != true
        }
        guard word.count == 2 else { return false }
        return known.first { $0.shorthand == word.last }?.needsNoValue != true
    }
}
