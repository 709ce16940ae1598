// SPDX-License-Identifier: Apache-2.0

/// What dot and variables are at places of a template: `with` and `range` change dot, assignments give names to values.
struct ChartContexts {
    private var renderer: ChartRenderer
    private let text: String
    private let tokens: [ChartTokens.Token]
    private var next = 0
    private var blocks: [Block] = []

    private struct Block {
        var outer: ChartItem?
        /// Whether the branch is taken, where the form of a value decides (`contains "/" .Values.image`). A branch that
        /// values switch on and off counts in any case, because users may change the values.
        var isTaken: Bool?
        /// The unknown values that it gives to dot.
        var loop: [Substring] = []
    }

    /// The actions that have given dot a value at the last place that nobody here knows.
    var loops: String {
        blocks.filter { !$0.loop.isEmpty }.map { "{{ \($0.loop.joined(separator: " ")) }}" }.joined()
    }

    init(_ text: String, _ renderer: ChartRenderer) {
        self.text = text
        self.renderer = renderer
        tokens = ChartTokens(text).tokens
    }

    /// The renderer for what stands at a byte; later calls are for later ones.
    ///
    /// - Returns: nil in a branch that is not taken.
    mutating func renderer(at offset: Int) -> ChartRenderer? {
        while next < tokens.count {
            if case .action(let action, let end) = tokens[next] {
                if end > offset { break }
                take(ChartTokens.words(action))
            }
            next += 1
        }
        return blocks.contains { $0.isTaken == false } ? nil : renderer
    }

    private mutating func take(_ words: [Substring]) {
        guard let keyword = words.first else { return }
        switch keyword {
        case "if", "with", "range", "define", "block": open(keyword, words)
        case "else":
            if let block = blocks.last { renderer.dot = block.outer }
            other(words)
            if words.dropFirst().first == "with" { renderer.dot = nil }
        case "end": if let block = blocks.popLast() { renderer.dot = block.outer }
        case let name where name.hasPrefix("$") && words.count > 2 && words[1] == ":=":
            renderer.variables[String(name)] = try? renderer.pipeline(Array(words.dropFirst(2)))
        // Whether an assignment is reached, its branch decides.
        case let name where name.hasPrefix("$") && words.count > 2 && words[1] == "=":
            renderer.variables[String(name)] = ChartItem??.some(nil)
        default: return
        }
    }

    /// The branch behind an `else`; what a further condition says of it is not asked.
    private mutating func other(_ words: [Substring]) {
        guard let last = blocks.indices.last, let isTaken = blocks[last].isTaken else { return }
        blocks[last].isTaken = isTaken ? false : words.count > 1 ? nil : true
    }

    private static let forms: Set<Substring> = ["contains", "hasPrefix", "hasSuffix"]

    private func isFormed(_ condition: [Substring]) -> Bool? {
        guard let first = condition.first, Self.forms.contains(first), let item = try? renderer.pipeline(condition)
        else { return nil }
        return try? renderer.isTrue(item)
    }

    private mutating func open(_ keyword: Substring, _ words: [Substring]) {
        blocks.append(Block(outer: renderer.dot))
        switch keyword {
        case "if": blocks[blocks.count - 1].isTaken = isFormed(Array(words.dropFirst()))
        case "with":
            let hasName = words.count > 3 && words[2] == ":="
            let condition = Array(words.dropFirst(hasName ? 3 : 1))
            renderer.dot = try? renderer.pipeline(condition)
            if hasName { renderer.variables[String(words[1])] = renderer.dot }
            if renderer.dot == nil { blocks[blocks.count - 1].loop = words }
        case "define":
            // Only what `$` is has the values, and a body that uses them gets that.
            (renderer.dot, renderer.variables) = (.root, [:])
        case "range", "block":
            renderer.dot = nil
            blocks[blocks.count - 1].loop = words
        default: return
        }
    }
}
