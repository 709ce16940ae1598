// SPDX-License-Identifier: Apache-2.0

/// Renders texts of a chart's templates with the chart's own values, as far as those decide the result: literals,
/// `.Values`, `.Chart`, variables, branches, and functions that choose or join (helm.sh/docs, "Template Function
/// List"). Everything else is open.
struct ChartRenderer {
    /// The result depends on more than the chart's own files.
    struct Open: Error {}

    /// The value at a path of the values.
    enum Value {
        case missing
        /// With quotes, a number or a Boolean is a text.
        case scalar(String, isQuoted: Bool)
        case collection(isEmpty: Bool, kind: String)
    }

    let value: ([String]) -> Value
    let chart: [String: String]
    /// The chart's annotations.
    let annotations: [String: String]
    /// The bodies of named templates.
    let definitions: [String: String]
    /// nil: unknown.
    var dot: ChartItem? = .root
    /// The branches that were not taken, also in the templates that a text includes.
    let passed = PassedBranches()
    /// The variables by name; nil: unknown.
    var variables: [String: ChartItem?] = [:]
    private var depth = 0
    /// Whether a branch is rendered that is not taken.
    private var isPassed = false

    private static let depthLimit = 16

    init(
        value: @escaping ([String]) -> Value, chart: [String: String], annotations: [String: String] = [:],
        definitions: [String: String]
    ) {
        self.value = value
        self.chart = chart
        self.annotations = annotations
        self.definitions = definitions
    }

    func render(_ text: String) throws(Open) -> ChartRecipe {
        var renderer = self
        renderer.depth += 1
        guard renderer.depth < Self.depthLimit else { throw Open() }
        var tokens = ChartTokens(text).tokens[...]
        let (recipe, stop) = try renderer.block(&tokens, isActive: true)
        guard stop == nil else { throw Open() }
        return recipe
    }

    // MARK: - Blocks

    private static let limit = 1 << 12

    /// Reads the tokens up to the `else` or `end` of the block. Also returns the words of that action.
    private mutating func block(
        _ tokens: inout ArraySlice<ChartTokens.Token>, isActive: Bool
    ) throws(Open) -> (ChartRecipe, stop: [Substring]?) {
        var result = ChartRecipe()
        while let token = tokens.popFirst() {
            switch token {
            case .text(let text): if isActive { result = result + ChartRecipe(text) }
            case .action(let text, _):
                let words = ChartTokens.words(text)
                let keyword = words.first ?? "/*"
                if keyword == "end" || keyword == "else" { return (result, words) }
                if let made = try action(words, isActive: isActive, before: &tokens) { result = result + made }
            }
            if result.pieces.count > Self.limit { throw Open() }
        }
        return (result, nil)
    }

    /// - Parameter tokens: the tokens after the action. A block removes its own.
    private mutating func action(
        _ words: [Substring], isActive: Bool, before tokens: inout ArraySlice<ChartTokens.Token>
    ) throws(Open) -> ChartRecipe? {
        switch words.first ?? "/*" {
        case let word where word.hasPrefix("/*"): return nil
        case "if", "with": return try branches(words, isActive: isActive, from: &tokens)
        case "range", "define", "block":
            if isActive { throw Open() }
            _ = try branches(["if"], isActive: false, from: &tokens)
            return nil
        case "template" where isActive: return try text(of: call("include", Array(words.dropFirst())))
        case let word where word.hasPrefix("$") && words.count > 2 && (words[1] == ":=" || words[1] == "="):
            if isActive { variables[String(word)] = try? pipeline(Array(words.dropFirst(2))) }
            return nil
        default: return isActive ? try text(of: pipeline(words)) : nil
        }
    }

    private mutating func branches(
        _ words: [Substring], isActive: Bool, from tokens: inout ArraySlice<ChartTokens.Token>
    ) throws(Open) -> ChartRecipe? {
        let outer = dot
        defer { dot = outer }
        var condition: [Substring]? = Array(words.dropFirst())
        var isWith = words.first == "with"
        var isDone = !isActive
        var result: ChartRecipe?
        while true {
            var isTaken = !isDone
            if isTaken, let condition {
                let item = try assigned(condition)
                isTaken = try isTrue(item)
                if isWith, isTaken { dot = item }
            }
            let rest = tokens
            let (recipe, stop) = try block(&tokens, isActive: isTaken)
            if isActive, !isTaken { pass(rest.prefix(rest.count - tokens.count), hasOwnDot: isWith) }
            dot = outer
            if isTaken { (result, isDone) = (recipe, true) }
            guard let stop, stop.first == "else" else { return result }
            isWith = stop.dropFirst().first == "with"
            condition = stop.count > 1 ? Array(stop.dropFirst(2)) : nil
        }
    }

    /// Remembers a branch that is not taken, with what it would make.
    private func pass(_ tokens: ArraySlice<ChartTokens.Token>, hasOwnDot: Bool) {
        if !isPassed { passed.add(tokens) }
        guard passed.mayMakeMore else { return }
        var renderer = self
        renderer.isPassed = true
        if hasOwnDot { renderer.dot = nil }
        // The last token ends the branch.
        var rest = tokens
        if let made = try? renderer.block(&rest, isActive: true).0 { passed.add(made) }
    }

    /// Evaluates a condition, which may assign its value to a variable.
    private mutating func assigned(_ words: [Substring]) throws(Open) -> ChartItem {
        guard words.count > 2, words[1] == ":=" else { return try pipeline(words) }
        let item = try pipeline(Array(words.dropFirst(2)))
        variables[String(words[0])] = item
        return item
    }
}

/// The branches that a chart's own values do not select.
final class PassedBranches {
    private(set) var texts: [String] = []
    /// What the branches would make, as far as it is known.
    private(set) var recipes: [ChartRecipe] = []
    private var count = 0

    /// A branch may include templates whose branches include others. Their number doubles with each level.
    private static let limit = 64

    /// Whether what another branch makes may be looked for.
    fileprivate var mayMakeMore: Bool {
        count += 1
        return count <= Self.limit
    }

    fileprivate func add(_ recipe: ChartRecipe) { recipes.append(recipe) }

    fileprivate func add(_ tokens: ArraySlice<ChartTokens.Token>) {
        texts.append(
            tokens.map { token in
                switch token {
                case .text(let text): text
                case .action(let text, _): "{{" + text + "}}"
                }
            }.joined())
    }

    func removeAll() {
        texts.removeAll()
        recipes.removeAll()
        count = 0
    }
}
