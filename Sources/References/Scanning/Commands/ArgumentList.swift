// SPDX-License-Identifier: Apache-2.0

extension TracedText {
    /// Makes a shell command from a list of words. Words that a shell would split or read as syntax are put in quotes.
    init(command words: [TracedText]) {
        self.init()
        for word in words {
            let isBare =
                !word.isEmpty && !word.bytes.contains { Self.isBlank($0) || "\"'\\;&|<>()#".utf8.contains($0) }
            let quote = TracedText(untraced: isBare ? "" : "\"")
            append(quote + word + quote + TracedText(untraced: " "))
        }
    }
}
