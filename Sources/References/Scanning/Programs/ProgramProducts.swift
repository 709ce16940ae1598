// SPDX-License-Identifier: Apache-2.0

/// The names of the images that a program builds: an argument of certain calls, and of the program's functions that hand it on
/// to such a call.
struct ProgramProducts {
    /// A call that builds the image that one of its arguments names.
    private struct Build {
        let call: ProgramCall
        /// The argument's name, if the call writes one.
        let keyword: String
    }

    private struct Function {
        let name: String
        let start: Int
        let parameters: [String]
    }

    private let tokens: ProgramTokens
    private let values: ProgramValues
    private(set) var names: Set<String> = []
    /// In the order of the program.
    private var functions: [Function] = []
    /// By names with keys behind them (`object["key"]`), the first tokens of the values.
    private var fields: [String: [Int]] = [:]

    /// The most functions that hand a name on to each other.
    private static let depthLimit = 4

    init(_ tokens: ProgramTokens, _ values: ProgramValues, _ calls: [ProgramCall]) {
        self.tokens = tokens
        self.values = values
        guard !calls.isEmpty else { return }
        for index in tokens.indices { declare(at: index) }
        // docs.tilt.dev, "docker_build": `docker_build(ref, context, …)`.
        var builds = calls.map { Build(call: $0, keyword: "ref") }
        for _ in 0..<Self.depthLimit where !builds.isEmpty { builds = read(builds) }
    }

    /// `def name(a, b=1):`, and `name = {`.
    private mutating func declare(at index: Int) {
        guard index + 2 < tokens.count else { return }
        if tokens[index].name == "def", let name = tokens[index + 1].name, tokens[index + 2].isMark("(") {
            let parameters = tokens.arguments(of: index + 2).compactMap {
                $0 < tokens.count ? tokens[$0].name ?? "" : nil
            }
            functions.append(Function(name: name, start: index, parameters: parameters))
        }
        if let name = tokens[index].name, tokens[index + 1].isMark("="), tokens[index + 2].isMark("{") {
            for key in tokens.direct(in: index + 2) where key + 2 < tokens.count && tokens[key + 1].isMark(":") {
                guard let text = tokens[key].text?.written.string else { continue }
                fields[Self.path(name, text), default: []].append(key + 2)
            }
        }
    }

    /// Takes the names that calls build.
    ///
    /// - Returns: calls of the functions that get the names of further ones.
    private mutating func read(_ builds: [Build]) -> [Build] {
        var further: [String: Build] = [:]
        var function = -1
        for index in tokens.indices where tokens[index].name != nil {
            while function + 1 < functions.count, functions[function + 1].start <= index { function += 1 }
            guard let build = builds.first(where: { $0.call.matches(tokens, at: index) }),
                index == 0 || tokens[index - 1].name != "def", let start = argument(of: build, at: index)
            else { continue }
            take(start)
            guard function >= 0, let name = tokens[start].name else { continue }
            let caller = functions[function]
            guard let number = caller.parameters.firstIndex(of: name) else { continue }
            further[caller.name] = Build(call: ProgramCall(caller.name, argument: number), keyword: name)
        }
        return further.keys.sorted().compactMap { further[$0] }
    }

    /// The first token of the argument that is the name.
    private func argument(of build: Build, at index: Int) -> Int? {
        guard let open = build.call.opening(tokens, after: index) else { return nil }
        let starts = tokens.arguments(of: open)
        let named = starts.first { keyword(at: $0) == build.keyword }.map { $0 + 2 }
        let number = build.call.argument
        let start =
            named ?? (starts.indices.contains(number) && keyword(at: starts[number]) == nil ? starts[number] : nil)
        return start.flatMap { $0 < tokens.count ? $0 : nil }
    }

    /// `name=` before an argument.
    private func keyword(at start: Int) -> String? {
        guard start + 1 < tokens.count, tokens[start + 1].isMark("=") else { return nil }
        return tokens[start].name
    }

    private mutating func take(_ start: Int) {
        if case .text(let text, _) = values.value(at: start) { names.insert(text.string) }
        guard start + 2 < tokens.count, let object = tokens[start].name, tokens[start + 1].isMark("["),
            let key = tokens[start + 2].text?.written.string,
            let known = fields.removeValue(forKey: Self.path(object, key))
        else { return }
        for case .text(let text, _) in known.map({ values.value(at: $0) }) { names.insert(text.string) }
    }

    private static func path(_ object: String, _ key: String) -> String { object + "[" + key }
}
