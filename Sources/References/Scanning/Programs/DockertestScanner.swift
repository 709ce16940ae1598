// SPDX-License-Identifier: Apache-2.0

/// Finds the containers of Go's tests that say an image's name and its tag apart: `pool.Run("postgres", "16", nil)` and
/// `&dockertest.RunOptions{Repository: "postgres", Tag: "16"}` (github.com/ory/dockertest, "Using Dockertest").
struct DockertestScanner {
    /// A word that every such program contains.
    static let word = SearchWord("ory/dockertest")

    private let tokens: ProgramTokens
    private let values: ProgramValues
    private var found = FoundImages(.testcontainers)

    static func findings(in bytes: [UInt8]) -> [Finding] {
        var scanner = DockertestScanner(ProgramTokens(SourceText(bytes), .go))
        for index in scanner.tokens.indices { scanner.read(at: index) }
        return scanner.found.findings
    }

    private init(_ tokens: ProgramTokens) {
        self.tokens = tokens
        values = ProgramValues(tokens)
    }

    private mutating func read(at index: Int) {
        guard index > 0, index + 1 < tokens.count, tokens[index - 1].isMark(".") else { return }
        switch tokens[index].name {
        case "Run" where tokens[index + 1].isMark("("):
            let arguments = tokens.arguments(of: index + 1)
            // Other objects have a method `Run`, too: it runs a part of a test, or another command.
            guard arguments.count == 3, index > 1, tokens[index - 2].name?.lowercased().hasSuffix("pool") == true else {
                return
            }
            add(values.value(at: arguments[0]), tag: values.value(at: arguments[1]))
        case "RunOptions" where tokens[index + 1].isMark("{"): readOptions(index + 1)
        default: return
        }
    }

    private mutating func readOptions(_ open: Int) {
        var fields: [String: ProgramValues.Value] = [:]
        for start in tokens.arguments(of: open) where start + 2 < tokens.count {
            guard let name = tokens[start].name, tokens[start + 1].isMark(":") else { continue }
            fields[name] = values.value(at: start + 2)
        }
        if let name = fields["Repository"] { add(name, tag: fields["Tag"]) }
    }

    /// - Parameter tag: without one it is `latest`.
    private mutating func add(_ name: ProgramValues.Value, tag: ProgramValues.Value?) {
        switch (name, tag) {
        case (.text(let name, _), .text(let tag, _)?) where !tag.isEmpty:
            let finding = PulledFields(["image": name, "tag": tag]).finding(.testcontainers)
            if let finding { found.append(finding) }
        case (.text(let name, let written), nil), (.text(let name, let written), .text?):
            found.add(name, written: name.contiguousRange == nil ? written : name)
        case (.text(_, let written), .open(let tag, _, _)?): found.add(open: tag, written: written)
        case (.text(_, let written), .other?): found.add(open: "Tag", written: written)
        case (.open(let name, let written, _), _): found.add(open: name, written: written, parts: [])
        case (.other, _): return
        }
    }
}
