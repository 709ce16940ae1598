// SPDX-License-Identifier: Apache-2.0

/// The values of the dot and of variables at places in a template. `with` and `range` change the dot, and assignments
/// give names to values.
struct ChartContexts {
    private var renderer: ChartRenderer
    private let text: String
    private let tokens: [ChartTokens.Token]
    private var next = 0
    private var blocks: [Block] = []

    private struct Block {
        var outer: ChartItem?
        /// Whether the branch is taken, if the form of a value decides that (`contains "/" .Values.image`). A branch
        /// that values switch on and off always counts, because users may change the values.
        var isTaken: Bool?
        /// What decides about the branch; nil if it is not an `if` or its `else`.
        var question: Question?
        /// The action that gives the dot an unknown value; empty if its value is known.
        var loop: [Substring] = []
    }

    /// The actions that give the dot an unknown value at the last place.
    var loops: String {
        blocks.filter { !$0.loop.isEmpty }.map { "{{ \($0.loop.joined(separator: " ")) }}" }.joined()
    }

    /// The condition of a branch, with the values of the place where it stands.
    struct Question {
        fileprivate let words: [Substring]
        fileprivate let renderer: ChartRenderer
        fileprivate(set) var isElse = false

        var text: String { "{{ \(words.joined(separator: " ")) }}" }

        /// Whether the values do not select the branch.
        var isRefused: Bool {
            guard let item = try? renderer.pipeline(words), let isTrue = try? renderer.isTrue(item) else {
                return false
            }
            return isTrue == isElse
        }
    }

    /// The conditions of the branches around the last place.
    var questions: [Question] { blocks.compactMap(\.question) }

    init(_ text: String, _ renderer: ChartRenderer) {
        self.text = text
        self.renderer = renderer
        tokens = ChartTokens(text).tokens
    }

    /// The renderer for the text at a byte offset. Each call must have a later offset than the one before.
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
        // The branch decides whether an assignment is reached, so the variable is unknown afterwards.
        case let name where name.hasPrefix("$") && words.count > 2 && words[1] == "=":
            renderer.variables[String(name)] = ChartItem??.some(nil)
        default: return
        }
    }

    /// Enters the branch after an `else`. The condition of an `else if` is not evaluated.
    private mutating func other(_ words: [Substring]) {
        guard let last = blocks.indices.last else { return }
        blocks[last].question = words.count > 1 ? nil : blocks[last].question
        blocks[last].question?.isElse = true
        guard let isTaken = blocks[last].isTaken else { return }
        blocks[last].isTaken = isTaken ? false : words.count > 1 ? nil : true
    }

    private static let forms: Set<Substring> = ["contains", "hasPrefix", "hasSuffix", "kindIs", "typeIs"]
    private static let kinds: Set<Substring> = ["kindOf", "typeOf"]

    private func isFormed(_ condition: [Substring]) -> Bool? {
        guard Self.testsForm(condition), let item = try? renderer.pipeline(condition) else { return nil }
        return try? renderer.isTrue(item)
    }

    /// Whether a condition tests the form of a value: `contains "/" .a`, `(kindIs "string" .a)`, `eq (typeOf .a) "string"`.
    private static func testsForm(_ condition: [Substring]) -> Bool {
        guard let first = condition.first else { return false }
        let inner = condition.compactMap { inside($0).first }
        switch first {
        case "eq", "ne": return inner.contains(where: kinds.contains)
        case "not": return condition.count == 2 && inner.contains(where: forms.contains)
        default: return forms.contains(first) || (condition.count == 1 && inner.contains(where: forms.contains))
        }
    }

    /// The words between parentheses.
    private static func inside(_ word: Substring) -> [Substring] {
        guard word.hasPrefix("("), word.hasSuffix(")") else { return [] }
        return ChartTokens.words(word.dropFirst().dropLast())
    }

    private mutating func open(_ keyword: Substring, _ words: [Substring]) {
        blocks.append(Block(outer: renderer.dot))
        switch keyword {
        case "if":
            blocks[blocks.count - 1].isTaken = isFormed(Array(words.dropFirst()))
            blocks[blocks.count - 1].question = Question(words: Array(words.dropFirst()), renderer: renderer)
        case "with":
            let hasName = words.count > 3 && words[2] == ":="
            let condition = Array(words.dropFirst(hasName ? 3 : 1))
            renderer.dot = try? renderer.pipeline(condition)
            if hasName { renderer.variables[String(words[1])] = renderer.dot }
            if renderer.dot == nil { blocks[blocks.count - 1].loop = words }
        case "define":
            // A body that uses the values gets `$` as its dot, so the dot counts as the root here.
            (renderer.dot, renderer.variables) = (.root, [:])
        case "range", "block":
            renderer.dot = nil
            blocks[blocks.count - 1].loop = words
        default: return
        }
    }
}
