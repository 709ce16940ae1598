// SPDX-License-Identifier: Apache-2.0

/// How a program reads its command line: which of its options take no value.
///
/// All other options take one, in the same word after `=` or in the next word.
struct CommandOptions: Hashable, Sendable {
    /// Long options without a value, without dashes.
    var switches: Set<String> = []
    /// Letters of short options without a value.
    var letters: Set<Character> = []
    /// `-flag value` and `--flag` alike, as Go's flag package has it: a single dash begins a long option.
    var hasGoFlags = false

    init(_ switches: String, letters: String = "") {
        self.switches = Set(switches.split(separator: " ").map(String.init))
        self.letters = Set(letters)
    }

    /// What an option is, and whether the next word is its value.
    struct Option {
        /// The name without dashes, or the letter of a short option.
        let name: String
        /// The offset of the value in the word, if it is in the same word.
        let valueOffset: Int?
        let takesNext: Bool
    }

    /// - Returns: nil if the word is not an option.
    func option(_ word: String) -> Option? {
        guard word.utf8.first == UInt8(ascii: "-"), word.utf8.count > 1 else { return nil }
        if word.hasPrefix("--") || hasGoFlags { return long(word) }
        for (offset, letter) in word.enumerated().dropFirst() {
            if letters.contains(letter) { continue }
            let isLast = offset == word.count - 1
            return Option(
                name: String(letter), valueOffset: isLast ? nil : word.prefix(offset + 1).utf8.count, takesNext: isLast)
        }
        return Option(name: String(word.dropFirst()), valueOffset: nil, takesNext: false)
    }

    private func long(_ word: String) -> Option {
        let dashes = word.hasPrefix("--") ? 2 : 1
        let name = word.dropFirst(dashes)
        if let equals = name.firstIndex(of: "=") {
            let offset = word[..<equals].utf8.count + 1
            return Option(name: String(name[..<equals]), valueOffset: offset, takesNext: false)
        }
        return Option(name: String(name), valueOffset: nil, takesNext: !switches.contains(String(name)))
    }
}
