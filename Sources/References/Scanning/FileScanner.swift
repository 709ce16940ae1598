// SPDX-License-Identifier: Apache-2.0

/// What a scan looks for besides what it knows.
package struct ScanOptions: Hashable, Sendable {
    package var arguments = BuildArguments()
    package var rules: [ResourceRule] = []
    /// Also texts that look like references in places that are not known to hold one.
    package var findsGuesses = false
    /// Also documents that cannot hold a reference, by the words in them: what proves that none of them does.
    package var readsEverything = false
    /// Keeps such texts apart, for telling how many there are.
    package var countsGuesses = false
    /// What else is found is left out.
    package var kinds = KindFilter()

    package init() {}
}

/// Finds the references of one file. Knows bytes and names; whoever calls reads the files.
package struct FileScanner: Sendable {
    private let options: ScanOptions
    private let charts = ChartMemory()

    package init(options: ScanOptions = ScanOptions()) { self.options = options }

    /// Scans a file.
    ///
    /// - Parameters:
    ///   - kind: nil where the name says nothing; then the content decides.
    ///   - followed: what another file said about this one.
    ///   - nearby: for what other files decide: Compose's `.env`, a module's variables.
    package func scan(
        _ bytes: [UInt8], kind: FileKind?, followed: FollowUp.Kind? = nil,
        in nearby: NearbyFiles = NearbyFiles()
    ) -> ScanResult {
        var result = read(bytes, kind: kind, followed: followed, nearby)
        if !options.kinds.isEverything { result.findings.removeAll { !options.kinds.keeps($0.kind) } }
        return result
    }

    private func read(
        _ bytes: [UInt8], kind: FileKind?, followed: FollowUp.Kind?, _ nearby: NearbyFiles
    ) -> ScanResult {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return Self.problem("the file is UTF-16; only UTF-8 is read")
        }
        var options = options
        let neighbour = nearby.read
        if case .dockerfile(let arguments)? = followed {
            for (name, values) in arguments.values { for value in values { options.arguments.add(name, value) } }
            options.arguments.file = arguments.file
            return DockerfileScanner.scan(bytes, arguments: options.arguments)
        }
        if case .gitlabPart(_, let variables)? = followed {
            return YAMLFileScanner(
                .pipeline(.gitlabCI), options, variables: variables, neighbour: neighbour
            ).scan(bytes, file: bytes)
        }
        if case .pipelinePart(let kind)? = followed {
            return YAMLFileScanner(.pipeline(kind), options, neighbour: neighbour).scan(bytes, file: bytes)
        }
        if case .azureTemplate(let parameters)? = followed {
            return YAMLFileScanner(
                .pipeline(.azurePipelines), options, parameters: parameters, neighbour: neighbour
            ).scan(bytes, file: bytes)
        }
        if case .composePart(let environment)? = followed {
            return YAMLFileScanner(.compose, options, environment: environment, neighbour: neighbour).scan(
                bytes, file: bytes)
        }
        if case .terraformModule(let inputs)? = followed {
            return TerraformScanner.scan(bytes, in: nearby, inputs: inputs)
        }
        if case .containerDefinitions(let given)? = followed {
            return Self.containerDefinitions(bytes, given)
        }
        if case .values? = followed {
            return YAMLFileScanner(.helmValues, options, neighbour: neighbour).scan(bytes, file: bytes)
        }
        if case .chartValues(let uses)? = followed {
            var result = Self.values(bytes, options, in: nearby)
            let unsure = Chart.unsure(result.findings, in: bytes, by: uses)
            let refuted = Set(Chart.refuted(result.findings, in: bytes, by: uses))
            result.findings.removeAll(where: refuted.contains)
            let made = Chart.scan(bytes, uses, nearby).filter { made in
                !result.findings.contains { $0.saysSame(as: made) }
            }
            // Two ways to say one image would contradict each other.
            result.findings.removeAll { finding in
                finding.unresolved != nil && made.contains { $0.range == finding.range }
            }
            result.findings = (result.findings.map { unsure[$0] ?? $0 } + made).inFileOrder
            return result
        }
        if case .resources(let rules)? = followed { options.rules += rules }
        var kind = kind
        if case .named(let meant)? = followed { kind = meant }
        switch kind ?? ContentSniffer.kind(of: bytes) {
        case .dockerfile: return DockerfileScanner.scan(bytes, arguments: options.arguments)
        case .maven: return JavaBuildScanner.scanMaven(bytes)
        case .gradle: return JavaBuildScanner.scanGradle(bytes)
        case .text(.terraform): return TerraformScanner.scan(bytes, in: nearby)
        case .text(.dotenv):
            var result = TextFormat.dotenv.scan(bytes, readsEverything: options.readsEverything)
            DotEnvScanner.complete(&result, of: bytes, in: nearby)
            return result
        case .text(let format):
            return format.scan(bytes, in: nearby, readsEverything: options.readsEverything)
        case .chartHelper: return Chart.scan(helper: bytes, in: nearby, charts)
        case .template(let format):
            return format.scan(template: bytes, readsEverything: options.readsEverything)
        case .pipeline(.devcontainer):
            let plain = JSONComments.blanked(bytes)
            return YAMLFileScanner(.pipeline(.devcontainer), options, neighbour: neighbour).scan(plain, file: bytes)
        case .pipeline(.gitlabCI):
            let variables = GitLabIncludes.variables(of: bytes, in: nearby)
            return YAMLFileScanner(
                .pipeline(.gitlabCI), options, variables: variables, neighbour: neighbour
            ).scan(bytes, file: bytes)
        case .yaml:
            var result = YAMLFileScanner(.yaml, options, neighbour: neighbour).scan(bytes, file: bytes)
            Chart.decide(&result, of: bytes, in: nearby, charts)
            return result
        case .helmValues: return Self.values(bytes, options, in: nearby)
        case let kind:
            return YAMLFileScanner(kind, options, name: nearby.name, neighbour: neighbour).scan(bytes, file: bytes)
        }
    }

    private static func values(_ bytes: [UInt8], _ options: ScanOptions, in nearby: NearbyFiles) -> ScanResult {
        let scanner = YAMLFileScanner(.helmValues, options, name: nearby.name, neighbour: nearby.read)
        var result = scanner.scan(bytes, file: bytes)
        result.shared += OtherValues.shared(result.findings, in: bytes, nearby)
        return result
    }

    /// JSON in which Terraform's `${…}` may stand anywhere.
    private static func containerDefinitions(_ bytes: [UInt8], _ given: Set<String>) -> ScanResult {
        var result = ScanResult()
        let text = EmbeddedDocument.withoutSubstitutions(TracedText(bytes, origin: 0))
        result.findings = bytes.withUnsafeBufferPointer { file in
            EmbeddedDocument.findings(in: text, of: file, .keys, kind: .aws)
        }
        result.findings.removeAll { $0.unresolved.map(given.contains) == true }
        return result
    }

    /// What templates make of a chart's values, besides what those say themselves.
    package func findings(in values: [UInt8], of uses: ChartUses, _ nearby: NearbyFiles) -> [Finding] {
        Chart.scan(values, uses, nearby).filter { options.kinds.keeps($0.kind) }.inFileOrder
    }

    /// Those of a chart's values of which each template that takes them makes something else.
    package func refuted(_ findings: [Finding], in values: [UInt8], by uses: ChartUses) -> [Finding] {
        Chart.refuted(findings, in: values, by: uses)
    }

    /// Those of which nobody knows what image they are a part of, and what they come to.
    package func unsure(_ findings: [Finding], in values: [UInt8], by uses: ChartUses) -> [Finding: Finding] {
        Chart.unsure(findings, in: values, by: uses)
    }

    /// The rules of a kustomize configuration file.
    package static func kustomizeRules(_ bytes: [UInt8]) -> [ResourceRule] {
        YAMLView.first(of: bytes) { KustomizationScanner.rules(of: $0.document) } ?? []
    }

    private static func problem(_ message: String) -> ScanResult {
        var result = ScanResult()
        result.problems = [ScanProblem(message)]
        return result
    }
}

/// What bytes without a telling name are.
enum ContentSniffer {
    static func kind(of bytes: [UInt8]) -> FileKind {
        if let script = ScriptLine.kind(of: bytes) { return script }
        var lines = DockerfileLines(bytes)
        guard let line = lines.next() else { return .yaml }
        let text = TracedText(line.bytes, origin: 0)
        let words = text.blankSeparated
        guard let first = words.first?.string.lowercased(), words.count > 1, first == "from" || first == "arg" else {
            return .yaml
        }
        return .dockerfile
    }
}

/// JSON with comments, as editors allow it.
enum JSONComments {
    /// The same bytes with `//` and `/* */` comments blanked out.
    static func blanked(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        var offset = 0
        var isInString = false
        while offset < bytes.count {
            let byte = bytes[offset]
            if isInString {
                if byte == UInt8(ascii: "\\") { offset += 1 } else if byte == UInt8(ascii: "\"") { isInString = false }
                offset += 1
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
                offset += 1
            } else if bytes[offset...].starts(with: "//".utf8) || bytes[offset...].starts(with: "/*".utf8) {
                offset = blank(&result, from: offset)
            } else {
                offset += 1
            }
        }
        return result
    }

    /// - Returns: the end of the comment that begins at `start`.
    private static func blank(_ bytes: inout [UInt8], from start: Int) -> Int {
        var end = start + 2
        if bytes[start + 1] == UInt8(ascii: "/") {
            while end < bytes.count, bytes[end] != 10 { end += 1 }
        } else {
            while end < bytes.count, !bytes[end...].starts(with: "*/".utf8) { end += 1 }
            end = min(end + 2, bytes.count)
        }
        for offset in start..<end where bytes[offset] != 10 && bytes[offset] != 13 { bytes[offset] = 32 }
        return end
    }
}
