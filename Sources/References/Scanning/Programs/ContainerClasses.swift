// SPDX-License-Identifier: Apache-2.0

/// The classes of containers that a program of Testcontainers declares, with their base classes:
/// `class A extends GenericContainer<A>`, and Kotlin's `class A : GenericContainer<A>("…")`.
struct ContainerClasses {
    /// The base class by the class.
    private var bases: [String: String] = [:]
    /// By the index of a word `super`, the base of the last class that begins before it.
    private var calls: [Int: String] = [:]

    init() {}

    init(_ tokens: ProgramTokens) {
        var base: String?
        for index in tokens.indices {
            if Self.isDeclaration(tokens, index) {
                base = Self.base(tokens, index)
                if let base, let name = tokens[index + 1].name { bases[name] = base }
            }
            if tokens[index].name == "super" { calls[index] = base }
        }
    }

    /// The class whose constructor a call of `super` is.
    func base(ofCall index: Int) -> String? { calls[index] }

    /// The most classes between a class and the one that decides about it.
    private static let depthLimit = 16

    /// Whether a class takes any image, as Testcontainers' own classes for containers without a module do.
    func takesAnyImage(_ name: String) -> Bool {
        var name = name
        for _ in 0..<Self.depthLimit {
            if name.hasSuffix("GenericContainer") || Self.general.contains(name) { return true }
            guard let base = bases[name] else { return false }
            name = base
        }
        return false
    }

    private static let general: Set<String> = [
        "ComposeContainer", "DockerComposeContainer", "JdbcDatabaseContainer", "SocatContainer",
    ]

    // MARK: - Reading

    /// The most tokens before the body of a class.
    private static let headLimit = 256

    private static func isDeclaration(_ tokens: ProgramTokens, _ index: Int) -> Bool {
        guard tokens[index].name == "class", index + 1 < tokens.count else { return false }
        return index == 0 || !(tokens[index - 1].isMark(".") || tokens[index - 1].isMark(":"))
    }

    /// The last container among the types behind `extends` or a colon. Type arguments have theirs before it.
    private static func base(_ tokens: ProgramTokens, _ declaration: Int) -> String? {
        var base: String?
        var index = declaration + 1
        while index < min(tokens.count, declaration + headLimit), !tokens[index].isMark("{"),
            tokens[index].name != "class"
        {
            let isBehindSign = tokens[index - 1].name == "extends" || tokens[index - 1].isMark(":")
            if isBehindSign, let name = tokens[index].name, name.hasSuffix("Container") { base = name }
            index = tokens.next(after: index)
        }
        return base
    }
}
