// SPDX-License-Identifier: Apache-2.0

extension TracedText {
    /// A command whose words are a list, as a shell has it: words that a shell would cut or take for marks are in quotes.
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
