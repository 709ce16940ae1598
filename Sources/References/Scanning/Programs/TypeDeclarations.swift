// SPDX-License-Identifier: Apache-2.0

/// The places where a program declares types. They contain names of fields and types, but no values.
struct TypeDeclarations {
    private let tokens: ProgramTokens
    /// Ranges of tokens, in order.
    private var types: [Range<Int>] = []
    private var next = 0

    /// - Parameter words: the words before a name and its type: `type t = { image: string }`,
    ///   `param p { image: string } = { … }`.
    init(_ tokens: ProgramTokens, _ words: Set<String>) {
        self.tokens = tokens
        guard !words.isEmpty else { return }
        for index in tokens.indices where tokens[index].beginsLine && index >= types.last?.upperBound ?? 0 {
            guard let word = tokens[index].name, words.contains(word), index + 2 < tokens.count,
                tokens[index + 1].name != nil
            else { continue }
            let isNamed = tokens[index + 2].isMark("=")
            let start = index + (isNamed ? 3 : 2)
            types.append(start..<end(from: start, isNamed: isNamed))
        }
    }

    /// The end of a type: the end of the line, or a default. A union continues on each line that begins with its sign.
    private func end(from start: Int, isNamed: Bool) -> Int {
        var index = start
        while index < tokens.count {
            let token = tokens[index]
            if index > start, token.beginsLine, !token.isMark("|") { return index }
            if !isNamed, token.isMark("=") { return index }
            index = tokens.next(after: index)
        }
        return tokens.count
    }

    /// Whether a token is a part of a type. Call this in the order of the tokens.
    mutating func contain(_ index: Int) -> Bool {
        while next < types.count, types[next].upperBound <= index { next += 1 }
        return next < types.count && types[next].contains(index)
    }
}
