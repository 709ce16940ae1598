// SPDX-License-Identifier: Apache-2.0

/// A build of a Dockerfile, as a command line or the settings of a tool describe it.
struct BuildCommand {
    /// The Dockerfile. nil: the one in the folder that is built.
    var file: TracedText?
    /// The folder that is built.
    var context: TracedText?
    /// `NAME=value` each.
    var arguments: [TracedText] = []
    /// `NAME=SOURCE` each: what stands in place of an image.
    var contexts: [TracedText] = []
    /// The names of the images that the build makes.
    var products: [TracedText] = []
    var looksInContext = false
    /// The folder in which the command runs, relative to the text's folder, with a slash at its end. Empty if the text
    /// does not name it.
    var folder = ""
    var start = FollowUp.Start.above

    /// Whether the Dockerfile comes from the command's input: `build -`, `build -f - .`.
    var readsInput: Bool { file?.string == "-" || (file == nil && context?.string == "-") }

    init() {}

    /// A build from a tool's settings, whose paths are relative to the settings' folder.
    init(file: TracedText? = nil, context: TracedText? = nil, start: FollowUp.Start = .folder) {
        (self.file, self.context, self.start) = (file, context, start)
    }

    /// Reads the words after `docker build`.
    init(options words: [TracedText]) {
        guard let docker = ImageProgram.named("docker") else { return }
        var reader = CommandLineReader([TracedText(untraced: "docker"), TracedText(untraced: "build")] + words) {
            $0.string
        }
        reader.scan(docker)
        self = reader.build ?? BuildCommand()
    }

    /// The Dockerfiles that are built, without those that are outside of the project.
    ///
    /// - Parameter texts: returns all possible values of a word. Empty: the word is unresolved.
    func followUps(_ texts: (TracedText) -> [String] = { [$0.string] }) -> [FollowUp] {
        let arguments = self.arguments(texts)
        let contexts = paths(context ?? TracedText(untraced: "."), texts)
        guard let file else { return contexts.map { followUp($0 + "/Dockerfile", [$0 + "/Containerfile"], arguments) } }
        return paths(file, texts).map { path in
            followUp(path, looksInContext ? contexts.map { $0 + "/" + path } : [], arguments)
        }
    }

    mutating func give(_ name: String, _ value: TracedText) {
        arguments.append(TracedText(untraced: name + "=") + value)
    }

    private func paths(_ word: TracedText, _ texts: (TracedText) -> [String]) -> [String] {
        Self.readings(of: word, texts).compactMap(Self.local)
    }

    /// The possible meanings of a word: all its values, otherwise the word without its quotes.
    static func readings(of word: TracedText, _ texts: (TracedText) -> [String]) -> [String] {
        let known = texts(word)
        return known.isEmpty ? [word.string.filter { $0 != "\"" && $0 != "'" }] : known
    }

    private func followUp(_ path: String, _ others: [String], _ arguments: BuildArguments) -> FollowUp {
        FollowUp(anyOf: [path] + others, in: folder, kind: .dockerfile(arguments), start: start)
    }

    /// The build's contexts, and the values of its arguments, as far as they are known.
    func arguments(_ texts: (TracedText) -> [String]) -> BuildArguments {
        var result = BuildArguments()
        let names = contexts.compactMap { ShellVariables.unquoted($0).cut(at: UInt8(ascii: "="))?.before }
        result.contexts = Set(names.flatMap(texts).filter { !$0.isEmpty && !$0.contains("$") })
        for word in arguments {
            guard let (name, value) = ShellVariables.unquoted(word).cut(at: UInt8(ascii: "=")) else { continue }
            for text in texts(value) where !text.contains("$") && !text.contains("{{") { result.add(name.string, text) }
        }
        return result
    }

    /// A path inside the project; nil for a path elsewhere, or one that depends on an unknown value. A variable at its
    /// beginning (`$ROOT/ci`, `$(pwd)/ci`) usually means the project's folder.
    static func local(_ text: String) -> String? {
        let path = withoutRoot(text)
        let isElsewhere =
            path.isEmpty || path.hasPrefix("/") || path.hasPrefix("-") || path.hasPrefix("git@")
            || path.contains("://")
        return isElsewhere || path.contains { "${}`*\n".contains($0) } ? nil : path
    }

    private static let marks = [("${{", "}}"), ("${", "}"), ("$(", ")"), ("{{", "}}")]

    private static func withoutRoot(_ text: String) -> String {
        var rest: Substring
        if let (opening, closing) = marks.first(where: { text.hasPrefix($0.0) }) {
            guard let end = text.dropFirst(opening.count).place(of: closing) else { return text }
            rest = text[end.upperBound...]
        } else if text.hasPrefix("$") {
            rest = text.dropFirst().drop { $0 == "_" || $0.isLetter || $0.isNumber }
        } else {
            return text
        }
        guard rest.isEmpty || rest.hasPrefix("/") else { return text }
        rest = rest.drop { $0 == "/" }
        return rest.isEmpty ? "." : String(rest)
    }
}
