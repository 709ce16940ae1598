// SPDX-License-Identifier: Apache-2.0

/// The names that a program imports from packages of Testcontainers. Other classes whose names end with `Container` belong
/// to user interfaces, to injected dependencies, and so on.
struct ContainerImports {
    private var names: Set<String> = []
    /// A whole package is imported: `import org.testcontainers.containers.*`.
    private var hasAll = false
    /// The functions that the program declares itself.
    private(set) var functions: Set<String> = []

    private static let words: Set<String> = ["import", "from", "const"]

    init() {}

    init(_ tokens: ProgramTokens) {
        functions = Set(tokens.indices.compactMap { tokens.body(ofFunction: $0) == nil ? nil : tokens[$0].name })
        var index = 0
        while index < tokens.count {
            guard tokens[index].beginsLine, let word = tokens[index].name, Self.words.contains(word) else {
                index += 1
                continue
            }
            let end = Self.end(tokens, from: index)
            read(tokens[index..<end])
            index = end
        }
    }

    /// The beginning of the next line that is not in brackets.
    private static func end(_ tokens: ProgramTokens, from start: Int) -> Int {
        var index = start + 1
        while index < tokens.count, !tokens[index].beginsLine { index = tokens.next(after: index) }
        return index
    }

    private mutating func read(_ statement: Slice<ProgramTokens>) {
        let isOurs = statement.contains { token in
            token.name == "testcontainers" || token.text?.written.string.contains("testcontainers") == true
        }
        guard isOurs else { return }
        names.formUnion(statement.compactMap(\.name))
        if statement.contains(where: { $0.isMark("*") || $0.name == "_" }) { hasAll = true }
    }

    /// Whose first argument is something other than an image.
    private static let others: Set<String> = [
        "BrowserWebDriverContainer", "ComposeContainer", "DockerComposeContainer", "VncRecordingContainer",
    ]

    /// Whether the first argument of a call by this name is an image.
    func takesImage(_ name: String?) -> Bool {
        guard let name, !Self.others.contains(name) else { return false }
        return names.contains(name) || hasAll && name.first?.isUppercase == true
    }
}
