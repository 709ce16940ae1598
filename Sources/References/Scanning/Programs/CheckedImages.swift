// SPDX-License-Identifier: Apache-2.0

import OCI

/// The texts of a program for the JVM that become images of Testcontainers' modules. A module refuses an image of another
/// name, unless the program declares it a substitute (`DockerImageName.assertCompatibleWith` in testcontainers-java;
/// java.testcontainers.org, "Image name substitution").
struct CheckedImages {
    private let tokens: ProgramTokens
    private let values: ProgramValues
    /// The tokens from which names get their values: expressions, and bodies of functions.
    private var sources: [String: [Range<Int>]] = [:]
    /// By the names of parameters, the functions that have them.
    private var functions: [String: [String]] = [:]
    /// By name, the first tokens of all calls.
    private var calls: [String: [Int]] = [:]
    /// The offsets of the texts' bytes.
    private var offsets: Set<Int> = []

    init(_ tokens: ProgramTokens, _ values: ProgramValues, _ classes: ContainerClasses) {
        self.tokens = tokens
        self.values = values
        for index in tokens.indices { findSource(at: index) }
        var queue: [Range<Int>] = []
        for index in tokens.indices where checks(index, classes) { queue += arguments(at: index) }
        follow(queue)
    }

    /// The findings, with advice for those that a module checks.
    func advised(_ findings: [Finding]) -> [Finding] {
        findings.map { finding in
            guard finding.parts.contains(where: { offsets.contains($0.range.lowerBound) }),
                let reference = finding.reference ?? finding.named?.reference
            else { return finding }
            var finding = finding
            finding.advice = Self.advice(for: reference)
            return finding
        }
    }

    // MARK: - Advice

    private static func advice(for reference: Reference) -> String {
        let text = Array(reference.asTyped.utf8)
        let name = String(decoding: text[ReferenceBounds(text).name ?? 0..<text.count], as: UTF8.self)
        let advice =
            "its container refuses other names: write DockerImageName.parse(…).\(substitute)(\"\(name)\") with that of the copy"
        return ([advice] + [setting(for: reference)].compactMap(\.self)).joined(separator: ", or ")
    }

    private static let substitute = "asCompatibleSubstituteFor"

    /// How Testcontainers itself replaces images of Docker Hub, if they are named without it (`PrefixingImageNameSubstitutor`).
    static func setting(for reference: Reference) -> String? {
        guard reference.registry.isDockerHub, !reference.asTyped.contains("docker.io/") else { return nil }
        return "set TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX, or hub.image.name.prefix in testcontainers.properties"
    }

    // MARK: - Uses

    /// Whether an argument of the call at a token may be an image whose name is checked, or the name that it is checked for.
    private func checks(_ index: Int, _ classes: ContainerClasses) -> Bool {
        guard let name = tokens[index].name else { return false }
        if name == "super" { return classes.base(ofCall: index).map { !classes.takesAnyImage($0) } ?? false }
        if Self.comparisons.contains(name) { return true }
        return name.hasSuffix("Container") && name.first?.isUppercase == true && !classes.takesAnyImage(name)
    }

    private static let comparisons: Set<String> = [substitute, "assertCompatibleWith", "isCompatibleWith"]

    /// Whether the name that begins at a token is only compared with that of an image.
    static func isCompared(_ tokens: ProgramTokens, _ index: Int) -> Bool {
        index > 1 && tokens[index - 1].isMark("(") && tokens[index - 2].name.map(comparisons.contains) == true
    }

    /// The arguments of a call. The second form is Scala's.
    private func arguments(at index: Int) -> [Range<Int>] {
        guard
            let open = ProgramCall("*").opening(tokens, after: index)
                ?? (ProgramCall("*.Def").matches(tokens, at: index)
                    ? ProgramCall("*.Def").opening(tokens, after: index) : nil)
        else { return [] }
        let starts = tokens.arguments(of: open)
        let ends = starts.dropFirst().map { $0 - 1 } + [tokens.close(of: open)]
        return zip(starts, ends).map { $0..<min(max($0, $1), $0 + Self.sourceLimit) }
    }

    // MARK: - Values

    /// The most tokens of an argument, and of a function's body.
    private static let sourceLimit = 256

    /// `name = value`, and `name() { … }`, with Kotlin's `name(): Type { … }` and `name() = value`.
    private mutating func findSource(at index: Int) {
        if tokens[index].isMark("="), let name = values.assignedName(before: index) {
            addValue(of: name, behind: index)
        }
        guard let name = tokens[index].name else { return }
        guard let body = tokens.body(ofFunction: index) else {
            if index + 1 < tokens.count, "(<".unicodeScalars.contains(where: tokens[index + 1].isMark) {
                calls[name, default: []].append(index)
            }
            return
        }
        for parameter in tokens.direct(in: index + 1) { addParameter(at: parameter, of: name) }
        if tokens[body].isMark("=") { return addValue(of: name, behind: body) }
        sources[name, default: []].append(body..<min(tokens.close(of: body), body + Self.sourceLimit))
    }

    /// `Type name`, and Kotlin's `name: Type`.
    private mutating func addParameter(at index: Int, of function: String) {
        guard let name = tokens[index].name, index + 1 < tokens.count, !tokens[index - 1].isMark(":"),
            ",):".unicodeScalars.contains(where: tokens[index + 1].isMark)
        else { return }
        functions[name, default: []].append(function)
    }

    private mutating func addValue(of name: String, behind sign: Int) {
        guard sign + 1 < tokens.count else { return }
        sources[name, default: []].append(sign + 1..<values.end(from: sign + 1))
    }

    /// Words that stand before brackets and types, and hold no image.
    private static let words: Set<String> = ["DockerImageName", "if", "when", "switch", "this", "super"]

    /// Takes the texts of expressions, and those of the names in them, which a function may get from its callers. In an
    /// expression that declares a substitute, any name is accepted.
    private mutating func follow(_ start: [Range<Int>]) {
        var queue = start
        var known = Self.words
        var called: Set<String> = []
        var taken: Set<Int> = []
        while let range = queue.popLast() {
            guard !tokens[range].contains(where: { $0.name == Self.substitute }) else { continue }
            for index in range where taken.insert(index).inserted {
                if let text = tokens[index].text { offsets.formUnion(text.written.origins) }
                guard let name = tokens[index].name, known.insert(name).inserted else { continue }
                queue += sources[name] ?? []
                for function in functions[name] ?? [] where called.insert(function).inserted {
                    queue += (calls[function] ?? []).flatMap(arguments)
                }
            }
        }
    }
}
