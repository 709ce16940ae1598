// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds the images that a Dockerfile uses: FROM, COPY --from, RUN --mount=from=, and the frontend in `# syntax`.
///
/// Stages, and ARGs before the first FROM, have the same scope and order as in BuildKit (dockerfile2llb/convert.go). A
/// name refers to a stage in a FROM only below that stage, in COPY and RUN anywhere in the file.
package struct DockerfileScanner {
    private let source: [UInt8]
    /// The source as it is in the file. In `source`, the actions of a template are blanked out.
    private let written: [UInt8]
    private let origins: OriginMap
    private let arguments: BuildArguments
    private let syntax: DockerfileSyntax?
    private let outline: DockerfileOutline
    private var result = ScanResult()
    /// Filled if the file is scanned again, with other build arguments.
    private var found: Set<Finding> = []
    private var problems = UniqueList<ScanProblem>()
    /// Whether another combination of build arguments was scanned before.
    private var isRepeated = false

    /// - Parameter origins: the file offsets of the source's bytes, if the source is a piece of another file.
    package static func scan(
        _ source: [UInt8], origins: OriginMap = .wholeFile, arguments: BuildArguments = BuildArguments()
    ) -> ScanResult {
        var scanner = DockerfileScanner(source: source, origins: origins, arguments: arguments)
        scanner.findSyntax()
        for values in arguments.combinations(of: scanner.outline.argumentNames) {
            if scanner.isRepeated, scanner.found.isEmpty { scanner.found = Set(scanner.result.findings) }
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
        syntax = DockerfileSyntax(self.source)
        outline = DockerfileOutline(self.source, origins: origins, hasOwnInstructions: syntax?.isDockers == false)
        for problem in outline.problems { problems.add(problem) }
    }

    private mutating func findSyntax() {
        guard let word = syntax?.word(origins) else { return }
        add(.dockerfileSyntax, word: word, value: word)
    }

    private mutating func findImages(_ values: [String: String]) {
        var variables = DockerfileVariables(given: values, escape: outline.escape)
        var earlierStages: Set<String> = []
        var hasStage = false
        for instruction in outline.instructions {
            switch instruction.name {
            case "arg" where !hasStage:
                for word in instruction.arguments.quotedWords(escape: outline.escape) { declare(word, &variables) }
            case "from":
                hasStage = true
                findBase(of: instruction, variables, after: earlierStages)
                if let name = instruction.stageName { earlierStages.insert(name) }
            case "onbuild":
                findSources(DockerfileInstruction(instruction.arguments, escape: outline.escape))
            default: findSources(instruction)
            }
        }
    }

    /// Declares the argument that one word of an ARG before the first FROM sets.
    private mutating func declare(_ word: TracedText, _ variables: inout DockerfileVariables) {
        let parts = word.cut(at: UInt8(ascii: "="))
        let name = (parts?.before ?? word).string
        guard let text = parts?.after, !variables.isGiven(name) else { return variables.declare(name) }
        do throws(ExpansionError) {
            let (value, expansion) = try variables.declare(name, default: text)
            if outline.inherited.contains(name), !isRepeated {
                result.shared += SharedBytes.all(of: value, .other)
            }
            variables.note(missing: action(in: text) ?? variables.missing(in: text, expansion), of: name)
        } catch {
            report("ARG \(name.displayable(limit: 64)): \(error.message.displayable)", tracedAt: word)
        }
    }

    private mutating func findBase(
        of instruction: DockerfileInstruction, _ variables: DockerfileVariables, after earlierStages: Set<String>
    ) {
        let words = instruction.arguments.blankSeparated
        guard let word = words.first else { return report("FROM names no image", tracedAt: instruction.arguments) }
        if words.count != 1 && instruction.stageName == nil {
            report("FROM takes an image, or an image, AS and a name", tracedAt: word)
        }
        do throws(ExpansionError) {
            let (value, expansion) = try variables.expand(word)
            if earlierStages.contains(value.string) || value.string == ImageName.nothing { return }
            if let name = variables.missing(in: word, expansion) {
                return add(.dockerfileFrom, word: word, unresolved: name, known: variables.filled(word))
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

    /// Adds the image of a flag. Variables are not expanded, because BuildKit refuses them here.
    private mutating func findSource(_ kind: FindingKind, _ value: TracedText) {
        let text = value.string
        if text.isEmpty || text == ImageName.nothing || Int(text) != nil
            || outline.stageNames.contains(text.lowercased())
        {
            return
        }
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
        guard var finding = finding(kind, word, .reference(reference), ReferencePart.parts(of: value)) else { return }
        finding.deciders = (expansion?.mentioned ?? []).map(decider)
        finding.addFront(of: value)
        append(finding)
    }

    /// - Parameter known: the word with the values that are known; nil: there are none.
    private mutating func add(_ kind: FindingKind, word: TracedText, unresolved: String, known: TracedText? = nil) {
        var parts = OpenTag.parts(of: asWritten(word))
        if let known, parts.isEmpty, action(in: word) == nil {
            parts = OpenTag.parts(of: known)
            if parts.isEmpty { result.shared += SharedBytes.beside(word, of: known) }
        }
        if let finding = finding(kind, word, .unresolved(unresolved), parts) { append(finding) }
    }

    private func decider(_ name: String) -> Decider {
        Decider(name, file: arguments.values[name] == nil ? nil : arguments.file)
    }

    // MARK: - Templates

    /// The variable in a template's action inside a text, or the text itself if it names none; nil if there is no
    /// action.
    private func action(in text: TracedText) -> String? {
        guard source.count == written.count, origins.isWholeFile, let range = text.coveringRange,
            written[range] != source[range]
        else { return nil }
        let text = String(decoding: written[range], as: UTF8.self)
        return TemplateText.variable(in: text) ?? text
    }

    /// A text of the file with the template actions that were blanked out of it.
    private func asWritten(_ text: TracedText) -> TracedText {
        guard action(in: text) != nil, let range = text.contiguousRange else { return text }
        return TracedText(written[range], origin: range.lowerBound)
    }

    private func finding(
        _ kind: FindingKind, _ word: TracedText, _ meaning: Finding.Meaning, _ parts: [ReferencePart]
    ) -> Finding? {
        word.coveringRange.map {
            Finding(kind: kind, range: $0, text: asWritten(word).string, meaning: meaning, parts: parts)
        }
    }

    private mutating func append(_ finding: Finding) {
        // Only a repeated scan with other build arguments can find the same image again.
        if isRepeated, !found.insert(finding).inserted { return }
        result.findings.append(finding)
    }

    private mutating func report(_ message: String, tracedAt text: TracedText) {
        problems.add(ScanProblem(message, at: text.coveringRange?.lowerBound))
    }
}
