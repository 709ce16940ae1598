// SPDX-License-Identifier: Apache-2.0

/// Finds images in texts that a shell hands to commands or writes to files: manifests, Compose files, a chart's values,
/// Dockerfiles.
struct HeredocScanner {
    /// The file that contains the shell text.
    let file: UnsafeBufferPointer<UInt8>
    let kind: FindingKind
    private let fields: FilledFields
    private(set) var findings: [Finding] = []
    /// Names of images in which the shell fills in a value.
    private(set) var words: [TracedText] = []
    /// Names by which a kustomization searches for images, in which the shell fills in a value.
    private(set) var keys: [TracedText] = []
    /// Whether the file's template actions are blanked out in the texts.
    var isTemplate = false

    init(file: UnsafeBufferPointer<UInt8>, kind: FindingKind, variables: ShellVariables = ShellVariables()) {
        fields = FilledFields(variables)
        self.file = file
        self.kind = kind
    }

    mutating func scan(_ heredoc: ShellHeredoc) {
        let isKustomization = Self.isKustomization(heredoc)
        if isKustomization, !heredoc.isLiteral { keys += heredoc.text.lines.compactMap(Self.key) }
        var start = 0
        let lines = YAMLLines(heredoc.text)
        let bounds = heredoc.text.coveringRange ?? 0..<0
        for var finding in found(in: heredoc) {
            let range = finding.range
            finding.kind = kind
            // The value of a field that is assigned outside of the text.
            guard bounds.overlaps(range) else {
                findings.append(finding)
                continue
            }
            let written = heredoc.text.part(at: range, from: &start)
            if mayFillIn(written, in: heredoc) {
                if isKustomization, !isNewName(at: range.lowerBound) { continue }
                words.append(whole(written, finding, in: heredoc, lines))
            } else {
                findings.append(finding)
            }
        }
    }

    /// Whether a part of a text is filled in: by the shell, or before that by the runner of a pipeline, whose marks are
    /// already written as shell variables.
    private func mayFillIn(_ part: TracedText, in heredoc: ShellHeredoc) -> Bool {
        guard part.bytes.contains(UInt8(ascii: "$")), let range = part.coveringRange else { return false }
        guard !heredoc.isLiteral else { return !part.bytes.elementsEqual(file[range]) }
        // A dollar sign behind a backslash is one of the text.
        return zip(part.bytes, part.origins).contains { byte, place in
            byte == UInt8(ascii: "$") && !(place > 0 && file[place - 1] == UInt8(ascii: "\\"))
        }
    }

    /// An image's name with what stands in other fields: `registry` before it, `tag` and `digest` behind it.
    private func whole(
        _ name: TracedText, _ finding: Finding, in heredoc: ShellHeredoc, _ lines: YAMLLines
    ) -> TracedText {
        func field(_ field: ReferencePart.Field) -> TracedText? {
            guard let place = finding.parts.first(where: { $0.field == field })?.range, place != finding.range else {
                return nil
            }
            var start = 0
            return heredoc.text.part(at: place, from: &start)
        }
        // A field of which a variable is a part has no places of its own.
        let beside = finding.parts.isEmpty ? lines.fields(beside: finding.range) : [:]
        var whole =
            (field(.registry) ?? beside["registry"]).map { $0 + TracedText(untraced: "/") + name } ?? name
        for (sign, version) in [
            (":", field(.tag) ?? beside["tag"]), ("@", field(.digest) ?? beside["digest"]),
        ] {
            if let version { whole.append(TracedText(untraced: sign) + version) }
        }
        return whole
    }

    private static func isKustomization(_ heredoc: ShellHeredoc) -> Bool {
        let name = heredoc.fileName?.split(separator: "/").last ?? ""
        return name.lowercased().hasPrefix("kustomization") || heredoc.text.string.contains("kustomize.config.k8s.io/")
    }

    /// The value in `- name: ${image}`.
    private static func key(_ line: TracedText) -> TracedText? {
        guard let (front, value) = line.cut(at: UInt8(ascii: ":")), value.bytes.contains(UInt8(ascii: "$")),
            front.string.split(separator: " ").last == "name"
        else { return nil }
        return value.trimmed
    }

    /// Whether the value at a place in a kustomization is what an image is replaced by.
    private func isNewName(at place: Int) -> Bool {
        let line = file[..<place].reversed().prefix { $0 != 10 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "{") }
        return String(decoding: line.reversed(), as: UTF8.self).contains("newName")
    }

    private func found(in heredoc: ShellHeredoc) -> [Finding] {
        let text = heredoc.text
        let named = heredoc.fileName.flatMap { FileKind(path: $0) }
        if named == .dockerfile || Self.isDockerfile(text) {
            return DockerfileScanner.scan(text.bytes, origins: OriginMap(text), arguments: BuildArguments()).findings
        }
        let plain =
            heredoc.isLiteral
            ? text
            : Self.withoutLoneVariables(EmbeddedDocument.withoutSubstitutions(fields.filled(text), inShellText: true))
        return EmbeddedDocument.findings(
            in: plain, of: file, named == .helmValues ? .values : .byContent, kind: kind, isTemplate: isTemplate)
    }

    /// The text with blanks for each line that is nothing but a variable or what a command prints: more lines of the
    /// document, which are not known.
    private static func withoutLoneVariables(_ text: TracedText) -> TracedText {
        var (result, start) = (TracedText(capacity: text.count), 0)
        while start < text.count {
            let end = text.bytes[start...].firstIndex(of: 10) ?? text.count
            let isLone = isLoneVariable(text.bytes[start..<end])
            for index in start..<min(end + 1, text.count) {
                result.append(isLone && index < end ? 32 : text.bytes[index], origin: text.origins[index])
            }
            start = end + 1
        }
        return result
    }

    private static func isLoneVariable(_ line: ArraySlice<UInt8>) -> Bool {
        let text = line.drop(while: TracedText.isBlank)
        let end = text.lastIndex { !TracedText.isBlank($0) } ?? text.startIndex
        guard text.first == UInt8(ascii: "$") else { return false }
        let word = text[...end].dropFirst()
        return word.allSatisfy(VariableUse.isNameByte)
            || word.first == UInt8(ascii: "(") && word.firstIndex(of: UInt8(ascii: ")")) == end
    }

    /// Whether the first instruction is one that a Dockerfile begins with. Other languages know the word `from`, too.
    private static func isDockerfile(_ text: TracedText) -> Bool {
        let words = text.lines.first { $0.bytes.first != UInt8(ascii: "#") }?.blankSeparated ?? []
        guard words.count > 1 else { return false }
        switch words[0].string {
        case "ARG": return words.count == 2 && words[1].bytes.contains(UInt8(ascii: "="))
        case "FROM": return words.count == 2 || words[1].bytes.starts(with: "--".utf8) || isStage(words)
        default: return false
        }
    }

    private static func isStage(_ words: [TracedText]) -> Bool {
        words.count == 4 && words[2].string.lowercased() == "as"
    }
}
