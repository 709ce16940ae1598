// SPDX-License-Identifier: Apache-2.0

/// Finds the containers of Aspire's application hosts: `AddContainer("name", "image", "tag")` and
/// `WithImage("image", "tag")`, with the registry, the tag and the digest from the calls after them
/// (learn.microsoft.com, "ContainerResourceBuilderExtensions").
struct AspireScanner {
    /// A word that every such program contains.
    static let word = SearchWord("DistributedApplication")
    private static let calls = [ProgramCall("AddContainer", argument: 1), ProgramCall("WithImage")]

    private let tokens: ProgramTokens
    private let values: ProgramValues
    private var found = FoundImages(.dotnet)

    static func findings(in bytes: [UInt8]) -> [Finding] {
        var scanner = AspireScanner(ProgramTokens(SourceText(bytes), .csharp))
        for index in scanner.tokens.indices { scanner.read(at: index) }
        return scanner.found.findings
    }

    private init(_ tokens: ProgramTokens) {
        self.tokens = tokens
        values = ProgramValues(tokens, callsAreOpen: true)
    }

    private mutating func read(at index: Int) {
        guard index > 0, tokens[index - 1].isMark("."),
            let call = Self.calls.first(where: { $0.matches(tokens, at: index) }),
            let open = call.opening(tokens, after: index)
        else { return }
        let arguments = tokens.arguments(of: open)
        guard arguments.count > call.argument, !isBuilt(behind: open) else { return }
        var fields = Fields()
        if arguments.count > call.argument + 1 { fields.set("tag", values.value(at: arguments[call.argument + 1])) }
        chained(behind: open, &fields)
        // A database has containers, too. They have a key, which looks like no image.
        let isCertain = call.argument == 0 || index > 1 && Self.isBuilder(tokens[index - 2])
        for choice in values.choices(at: arguments[call.argument]) where isCertain || isLikely(choice.value, fields) {
            add(choice, fields)
        }
    }

    private static func isBuilder(_ token: ProgramToken) -> Bool {
        token.isMark(")") || token.name?.lowercased().hasSuffix("builder") == true
    }

    private func isLikely(_ value: ProgramValues.Value, _ fields: Fields) -> Bool {
        guard case .text(let text, _) = value else { return false }
        return text.bytes.contains(UInt8(ascii: ":")) || ImageName.isLikely(text.string) || !fields.known.isEmpty
    }

    /// Whether a Dockerfile makes the container's image: `.WithDockerfile("folder")`, `.WithDockerfileFactory(…)`.
    private func isBuilt(behind open: Int) -> Bool {
        calls(behind: open).contains { $0.name.hasPrefix("WithDockerfile") }
    }

    /// Reads fields from the calls that are chained after one.
    private func chained(behind open: Int, _ fields: inout Fields) {
        for call in calls(behind: open) {
            if let field = Self.fields[call.name] { fields.set(field, values.value(at: call.open + 1)) }
        }
    }

    /// The calls that are chained after one, with the brackets of their arguments.
    private func calls(behind open: Int) -> [(name: String, open: Int)] {
        var calls: [(name: String, open: Int)] = []
        var end = tokens.close(of: open)
        while end + 2 < tokens.count, tokens[end + 1].isMark("."), let name = tokens[end + 2].name,
            calls.count < Self.chainLimit, let next = ProgramCall(name).opening(tokens, after: end + 2)
        {
            calls.append((name, next))
            end = tokens.close(of: next)
        }
        return calls
    }

    /// The most calls in one chain. A chain of calls is read for each of them.
    private static let chainLimit = 256

    private static let fields = ["WithImageTag": "tag", "WithImageRegistry": "registry", "WithImageSHA256": "digest"]

    private mutating func add(_ choice: ProgramValues.Choice, _ fields: Fields) {
        switch choice.value {
        case .text(let text, let written):
            if let name = fields.missing { return found.add(open: name, written: written) }
            guard !fields.known.isEmpty else {
                return found.add(text, written: text.contiguousRange == nil ? written : text)
            }
            let all = fields.known.merging(["image": text]) { known, _ in known }
            if let finding = PulledFields(all).finding(.dotnet) { found.append(finding) }
        case .open(let name, let written, let parts):
            let isWhole = fields.known.isEmpty && fields.missing == nil
            found.add(open: name, written: written, parts: isWhole ? parts : [])
        case .other:
            guard let path = values.openCall(at: choice.start) else { return }
            found.add(open: path + "(…)", written: TracedText(path.utf8, origin: tokens[choice.start].start))
        }
    }

    /// The fields in addition to an image's name.
    private struct Fields {
        var known: [String: TracedText] = [:]
        /// The first one that has no literal value.
        var missing: String?

        mutating func set(_ field: String, _ value: ProgramValues.Value) {
            switch value {
            case .text(let text, _):
                known[field] = field == "digest" ? TracedText(untraced: "sha256:") + text : text
                if field == "digest" { known["tag"] = nil }
            case .open(let name, _, _): missing = missing ?? name
            case .other: missing = missing ?? field
            }
        }
    }
}
