// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds the images a Dockerfile builds on: FROM, COPY --from, RUN --mount=from=, and the frontend named by `# syntax`.
///
/// Stages, ARGs before the first FROM and their order count as they do for BuildKit (dockerfile2llb/convert.go): a name is
/// a stage in FROM only below that stage, in COPY and RUN anywhere in the file.
package struct DockerfileScanner {
    private let source: [UInt8]
    /// The source before a template's actions were blanked out of it.
    private let written: [UInt8]
    /// Variables whose values lack something, with what they lack.
    private var open: [String: String] = [:]
    private let origins: OriginMap
    private let arguments: BuildArguments
    private var escape = UInt8(ascii: "\\")
    private var instructions: [DockerfileInstruction] = []
    private var stageNames: Set<String> = []
    /// Arguments that a stage takes over: whatever it does with them.
    private var inherited: Set<String> = []
    private var result = ScanResult()
    private var found: Set<Finding> = []
    private var problems = UniqueList<ScanProblem>()
    /// Whether a combination of build arguments was searched for before.
    private var isRepeated = false

    /// - Parameter origins: where the source's bytes stand, if it is a piece of another file.
    package static func scan(
        _ source: [UInt8], origins: OriginMap = .wholeFile, arguments: BuildArguments = BuildArguments()
    ) -> ScanResult {
        var scanner = DockerfileScanner(source: source, origins: origins, arguments: arguments)
        scanner.read()
        scanner.findSyntax()
        for values in arguments.combinations(of: scanner.argumentNames) {
            scanner.findImages(values)
            scanner.isRepeated = true
        }
        scanner.result.problems = scanner.problems.elements
        scanner.result.findings = scanner.result.findings.inFileOrder
        return scanner.result
    }

    private init(source: [UInt8], origins: OriginMap, arguments: BuildArguments) {
        written = source
        self.source = source.withUnsafeBufferPointer { bytes in
            let whole = 0..<bytes.count
            let isTemplate = TemplateMask.holdsAction(bytes, whole)
            return isTemplate && origins.isWholeFile ? TemplateMask.masked(bytes) : source
        }
        self.origins = origins
        self.arguments = arguments
    }

    // MARK: - Reading

    private mutating func read() {
        var lines = DockerfileLines(source)
        var hasStage = false
        // What another frontend understands is known to nobody here: only what all have in common is looked at.
        var isSound = !hasOwnInstructions
        while let line = lines.next() {
            escape = lines.escape
            let name = Self.name(of: line)
            hasStage = hasStage || name == "from"
            if isSound, !DockerfileInstruction.names.contains(name) {
                isSound = false
                report("\"\(name.displayable(limit: 32))\" is not an instruction of a Dockerfile", at: line.start)
                // What is not a Dockerfile at all is not searched for more.
                if instructions.isEmpty && !hasStage { return }
            }
            if name == "arg", hasStage { noteInherited(line) }
            if Self.mayNameImage(name, line, hasStage: hasStage) {
                instructions.append(DockerfileInstruction(line.traced(origins), escape: escape))
            } else if !hasStage, isSound, DockerfileInstruction.names.contains(name) {
                report("no build stage: \(name.uppercased()) stands before the first FROM", at: line.start)
            }
        }
        escape = lines.escape
        if let offset = lines.unterminatedHeredoc { report("a heredoc is never closed", at: offset) }
        if let offset = lines.repeatedDirective { report("a directive stands here a second time", at: offset) }
        if let offset = lines.invalidEscape { report("the escape directive names neither \\ nor `", at: offset) }
        if !hasStage, isSound { report("no build stage: there is no FROM") }
        findStageNames()
    }

    /// `ARG NAME` below a FROM.
    private mutating func noteInherited(_ line: DockerfileLine) {
        let arguments = DockerfileInstruction(line.traced(origins), escape: escape).arguments
        for word in arguments.quotedWords(escape: escape) where !word.bytes.contains(UInt8(ascii: "=")) {
            inherited.insert(word.string)
        }
    }

    private static func name(of line: DockerfileLine) -> String {
        let word = line.bytes.drop(while: TracedText.isBlank).prefix { !TracedText.isBlank($0) }
        return String(decoding: word, as: UTF8.self).lowercased()
    }

    /// Whether an instruction counts for what images there are; most do not, and are not taken apart.
    private static func mayNameImage(_ name: String, _ line: DockerfileLine, hasStage: Bool) -> Bool {
        switch name {
        case "from": true
        // Only those before the first FROM give values to it.
        case "arg": !hasStage
        case "copy", "run", "onbuild": holdsFlag(line.bytes)
        default: false
        }
    }

    /// Both `--from` and `--mount` are flags, whatever quotes and escapes are in them.
    private static func holdsFlag(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            var offset = 0
            while let dash = ByteSearch.first(UInt8(ascii: "-"), in: buffer, from: offset), dash + 1 < buffer.count {
                if buffer[dash + 1] == UInt8(ascii: "-") { return true }
                offset = dash + 1
            }
            return false
        }
    }

    private mutating func findStageNames() {
        for instruction in instructions where instruction.name == "from" {
            if let name = Self.stageName(instruction.arguments.blankSeparated) { stageNames.insert(name) }
        }
    }

    private static func stageName(_ words: [TracedText]) -> String? {
        words.count == 3 && words[1].string.lowercased() == "as" ? words[2].string.lowercased() : nil
    }

    private var argumentNames: Set<String> {
        var names = Set(BuildArguments.automatic.keys)
        for instruction in instructions.prefix(while: { $0.name != "from" }) where instruction.name == "arg" {
            for word in instruction.arguments.quotedWords(escape: escape) {
                names.insert((word.cut(at: UInt8(ascii: "="))?.before ?? word).string)
            }
        }
        return names
    }

    // MARK: - Finding

    /// Whether `# syntax` names a frontend that is not Docker's, nor a copy of it.
    private var hasOwnInstructions: Bool {
        guard let frontend = syntaxDirective?.blankSeparated.first.flatMap({ ImageName.reference($0.string) }) else {
            return false
        }
        return !["dockerfile", "dockerfile-upstream"].contains(frontend.repository.path.split(separator: "/").last)
    }

    private mutating func findSyntax() {
        guard let value = syntaxDirective else { return }
        let word = value.blankSeparated[0]
        var traced = TracedText()
        for index in 0..<word.count {
            traced.append(word.bytes[index], origin: origins.origin(of: word.origins[index]))
        }
        add(.dockerfileSyntax, word: traced, value: traced)
    }

    /// In `#` comments, else in `//` comments; a first line with `#!` does not count.
    private var syntaxDirective: TracedText? {
        var start = source.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        if source[start...].starts(with: "#!".utf8) {
            start = (source[start...].firstIndex(of: UInt8(ascii: "\n")) ?? source.count - 1) + 1
        }
        for comment in ["#", "//"] {
            var directives = DockerfileDirectives(comment: comment)
            var rest = source[start...]
            while !rest.isEmpty {
                let line = rest.prefix { $0 != UInt8(ascii: "\n") }
                guard let directive = directives.read(line) else { break }
                if directive.name == "syntax" { return directive.value }
                rest = rest.dropFirst(line.count + 1)
            }
        }
        return nil
    }

    private mutating func findImages(_ values: [String: String]) {
        var variables = BuildArguments.automatic.merging(values.filter { BuildArguments.automatic[$0.key] != nil }) {
            $1
        }
        .mapValues { TracedText(untraced: $0) }
        var earlierStages: Set<String> = []
        var hasStage = false
        open = [:]
        for instruction in instructions {
            switch instruction.name {
            case "arg" where !hasStage: declare(instruction, values, &variables)
            case "from":
                hasStage = true
                findBase(instruction, variables, &earlierStages)
            case "onbuild":
                findSources(DockerfileInstruction(instruction.arguments, escape: escape))
            default: findSources(instruction)
            }
        }
    }

    private mutating func declare(
        _ instruction: DockerfileInstruction, _ values: [String: String], _ variables: inout [String: TracedText]
    ) {
        for word in instruction.arguments.quotedWords(escape: escape) {
            let parts = word.cut(at: UInt8(ascii: "="))
            let name = (parts?.before ?? word).string
            open[name] = nil
            if let value = values[name] {
                variables[name] = TracedText(untraced: value)
            } else if let text = parts?.after {
                do throws(ExpansionError) {
                    let (value, expansion) = try expand(text, variables)
                    variables[name] = value
                    if inherited.contains(name), !isRepeated {
                        result.shared += SharedBytes.all(of: value, isProduct: false)
                    }
                    open[name] = action(in: text) ?? missing(in: text, expansion, variables)
                } catch {
                    variables[name] = nil
                    report("ARG \(name.displayable(limit: 64)): \(error.message.displayable)", tracedAt: word)
                }
            }
        }
    }

    private mutating func findBase(
        _ instruction: DockerfileInstruction, _ variables: [String: TracedText], _ earlierStages: inout Set<String>
    ) {
        let words = instruction.arguments.blankSeparated
        let name = Self.stageName(words)
        defer { if let name { earlierStages.insert(name) } }
        guard let word = words.first else { return report("FROM names no image", tracedAt: instruction.arguments) }
        if words.count != 1 && name == nil {
            report("FROM takes an image, or an image, AS and a name", tracedAt: word)
        }
        do throws(ExpansionError) {
            let (value, expansion) = try expand(word, variables)
            if earlierStages.contains(value.string) || value.string == "scratch" { return }
            if let name = missing(in: word, expansion, variables) {
                return add(.dockerfileFrom, word: word, unresolved: name)
            }
            add(.dockerfileFrom, word: word, value: value, expansion)
        } catch {
            add(.dockerfileFrom, word: word, unresolved: error.variable ?? word.string)
            if error.variable == nil { report("FROM: \(error.message.displayable)", tracedAt: word) }
        }
    }

    private mutating func findSources(_ instruction: DockerfileInstruction) {
        switch instruction.name {
        case "copy":
            for value in instruction.values(ofFlag: "from") { findSource(.dockerfileCopy, value) }
        case "run":
            for mount in instruction.values(ofFlag: "mount") {
                for field in mount.commaSeparatedFields {
                    guard let (key, value) = field.cut(at: UInt8(ascii: "=")), key.string.lowercased() == "from" else {
                        continue
                    }
                    findSource(.dockerfileMount, value)
                }
            }
        default: break
        }
    }

    /// Variables are not expanded here: BuildKit refuses them.
    private mutating func findSource(_ kind: FindingKind, _ value: TracedText) {
        let text = value.string
        if text.isEmpty || text == "scratch" || Int(text) != nil || stageNames.contains(text.lowercased()) { return }
        if let name = Self.variable(in: text) {
            report("\"\(text.displayable)\": variables are not expanded here", tracedAt: value)
            add(kind, word: value, unresolved: name)
        } else {
            add(kind, word: value, value: value)
        }
    }

    private static func variable(in text: String) -> String? {
        guard let dollar = text.utf8.firstIndex(of: UInt8(ascii: "$")) else { return nil }
        let name = text[dollar...].dropFirst().drop { $0 == "{" }.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return name.isEmpty ? text : String(name)
    }

    private func expand(
        _ text: TracedText, _ variables: [String: TracedText]
    ) throws(ExpansionError) -> (value: TracedText, ShellExpansion) {
        var expansion = ShellExpansion(text)
        expansion.escape = escape
        expansion.variables = variables
        return (try expansion.word(), expansion)
    }

    // MARK: - Results

    private mutating func add(
        _ kind: FindingKind, word: TracedText, value: TracedText, _ expansion: ShellExpansion? = nil
    ) {
        let text = value.string
        if let name = action(in: word) { return add(kind, word: word, unresolved: name) }
        guard let reference = ImageName.reference(text) else {
            let name = expansion?.unset.first ?? expansion?.mentioned.first
            return add(kind, word: word, unresolved: name ?? word.string)
        }
        append(
            kind, word: word, meaning: .reference(reference), parts: ReferencePart.parts(of: value),
            deciders: (expansion?.mentioned ?? []).map(decider))
    }

    private mutating func add(_ kind: FindingKind, word: TracedText, unresolved: String) {
        append(kind, word: word, meaning: .unresolved(unresolved), parts: OpenTag.parts(of: asWritten(word)))
    }

    private func decider(_ name: String) -> Decider {
        Decider(name, file: arguments.values[name] == nil ? nil : arguments.file)
    }

    // MARK: - What has no value

    /// The variable without a value that a text was meant to have one of, seen or inside of another one's value.
    ///
    /// BuildKit puts nothing in its place. Where that leaves a separator without anything on one side (`python:3.${MINOR}`,
    /// `a:$V-slim`), it was not meant so.
    private func missing(
        in text: TracedText, _ expansion: ShellExpansion, _ variables: [String: TracedText]
    ) -> String? {
        if let name = expansion.mentioned.first(where: { open[$0] != nil }) { return open[name] }
        guard let name = expansion.unset.first else { return nil }
        var variables = variables
        for name in expansion.unset { variables[name] = TracedText(untraced: Self.gapMark) }
        guard let marked = try? expand(text, variables).value.bytes else { return nil }
        return marked.indices.contains { Self.isGap($0, in: marked) } ? name : nil
    }

    private static let gapMark = "\u{1}"

    private static func isGap(_ index: Int, in text: [UInt8]) -> Bool {
        guard text[index] == 1 else { return false }
        let isOpenBefore = index == 0 || ".-_:/@".utf8.contains(text[index - 1])
        let isOpenAfter = index + 1 == text.count || ".-_:/@".utf8.contains(text[index + 1])
        return isOpenBefore && isOpenAfter
    }

    // MARK: - Templates

    /// What a template's action in a text says.
    private func action(in text: TracedText) -> String? {
        guard source.count == written.count, origins.isWholeFile, let range = text.coveringRange,
            written[range] != source[range]
        else { return nil }
        let text = String(decoding: written[range], as: UTF8.self)
        return TemplateText.variable(in: text) ?? text
    }

    /// A text of the file with the actions that were blanked out of it.
    private func asWritten(_ text: TracedText) -> TracedText {
        guard action(in: text) != nil, let range = text.contiguousRange else { return text }
        return TracedText(written[range], origin: range.lowerBound)
    }

    private mutating func append(
        _ kind: FindingKind, word: TracedText, meaning: Finding.Meaning, parts: [ReferencePart],
        deciders: [Decider] = []
    ) {
        guard let range = word.coveringRange else { return }
        var finding = Finding(kind: kind, range: range, text: asWritten(word).string, meaning: meaning, parts: parts)
        finding.deciders = deciders
        // Only another combination of build arguments can find the same again.
        let isNew = found.insert(finding).inserted
        if isRepeated, !isNew { return }
        result.findings.append(finding)
    }

    private mutating func report(_ message: String, at offset: Int? = nil) {
        problems.add(ScanProblem(message, at: offset.map { origins.origin(of: $0) }))
    }

    private mutating func report(_ message: String, tracedAt text: TracedText) {
        problems.add(ScanProblem(message, at: text.coveringRange?.lowerBound))
    }
}

extension [Finding] {
    /// In the order of their bytes; where those are the same, as found.
    package var inFileOrder: [Finding] {
        // Scanners mostly go through files in order.
        if zip(self, dropFirst()).allSatisfy({ $0.range.lowerBound <= $1.range.lowerBound }) { return self }
        return enumerated().sorted { left, right in
            (left.element.range.lowerBound, left.offset) < (right.element.range.lowerBound, right.offset)
        }.map(\.element)
    }
}
