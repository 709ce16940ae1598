// SPDX-License-Identifier: Apache-2.0

/// What a scan looks for in addition to the formats that it knows.
package struct ScanOptions: Hashable, Sendable {
    package var arguments = BuildArguments()
    package var rules: [ResourceRule] = []
    /// Parameters of Tekton's tasks that are images.
    var tasks: [String: Set<String>] = [:]
    /// Keys of ConfigMaps and Secrets that hold a chart's values.
    var heldValues: Set<ValuesKey> = []
    /// Also finds texts that look like references in places that are not known to hold one.
    package var findsGuesses = false
    /// Also reads documents without any word that a reference needs, to prove that they hold no reference.
    package var readsEverything = false
    /// Collects texts that look like references separately, to report their number.
    package var countsGuesses = false
    /// Findings of other kinds are left out.
    package var kinds = KindFilter()

    package init() {}
}

/// Finds the references of one file. It works on bytes and names; the caller reads the files.
package struct FileScanner: Sendable {
    private var options: ScanOptions
    private let charts = ChartMemory()

    package init(options: ScanOptions = ScanOptions()) { self.options = options }

    /// Scans a file.
    ///
    /// - Parameters:
    ///   - kind: the kind of the file by its name. nil: the name does not tell it, and the content decides.
    ///   - followed: what another file said about this one.
    ///   - nearby: the files that decide a part of this one: Compose's `.env`, a module's variables.
    package func scan(
        _ bytes: [UInt8], kind: FileKind?, followed: FollowUp.Kind? = nil,
        in nearby: NearbyFiles = NearbyFiles()
    ) -> ScanResult {
        var result = read(bytes, kind: kind, followed: followed, in: nearby)
        if !options.kinds.isEverything { result.findings.removeAll { !options.kinds.keeps($0.kind) } }
        return result
    }

    private func read(
        _ bytes: [UInt8], kind: FileKind?, followed: FollowUp.Kind?, in nearby: NearbyFiles
    ) -> ScanResult {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return Self.problem("the file is UTF-16; only UTF-8 is read")
        }
        if let followed { return read(bytes, kind: kind, as: followed, in: nearby) }
        return read(bytes, as: kind ?? ContentSniffer.kind(of: bytes), in: nearby)
    }

    /// - Parameter kind: the kind of the file by its name.
    private func read(
        _ bytes: [UInt8], kind: FileKind?, as followed: FollowUp.Kind, in nearby: NearbyFiles
    ) -> ScanResult {
        var (scanner, kind) = (self, kind)
        switch followed {
        case .dockerfile(let arguments): return dockerfile(bytes, given: arguments, named: nearby.name)
        case .gitlabPart(_, let settings, let inputs):
            return documents(.pipeline(.gitlabCI), of: bytes, in: nearby) {
                $0.settings = settings
                $0.parameters = inputs
            }
        case .pipelinePart(let part): return documents(.pipeline(part), of: bytes, in: nearby)
        case .azureTemplate(let parameters):
            return documents(.pipeline(.azurePipelines), of: bytes, in: nearby) { $0.parameters = parameters }
        case .githubWorkflow(let inputs):
            return documents(.pipeline(.githubActions), of: bytes, in: nearby) { $0.parameters = inputs }
        case .composePart(let environment):
            return documents(.compose, of: bytes, in: nearby) { $0.environment = environment }
        case .compose(let others, let environment):
            return documents(.compose, of: bytes, in: nearby) {
                $0.name = nearby.name
                $0.layers = others
                $0.environment = environment
            }
        case .values: return documents(.helmValues, of: bytes, in: nearby)
        case .earthfile(let given): return EarthfileScanner.scan(bytes, given: given)
        case .chartValues(let uses): return values(bytes, of: uses, in: nearby)
        case .terraformModule(let inputs): return TerraformScanner.scan(bytes, in: nearby, inputs: inputs)
        case .terraformTemplate(let template): return template.scan(bytes)
        case .resources(let rules): scanner.options.rules += rules
        case .tasks(let images): scanner.options.tasks = images
        case .heldValues(let keys): scanner.options.heldValues = keys
        case .named(let meant): kind = meant
        case .kustomizeConfiguration: break
        }
        return scanner.read(bytes, as: kind ?? ContentSniffer.kind(of: bytes), in: nearby)
    }

    private func read(_ bytes: [UInt8], as kind: FileKind, in nearby: NearbyFiles) -> ScanResult {
        switch kind {
        case .dockerfile: return DockerfileScanner.scan(bytes, arguments: options.arguments)
        case .maven: return JavaBuildScanner.scanMaven(bytes)
        case .gradle: return JavaBuildScanner.scanGradle(bytes)
        case .text(let format): return text(bytes, as: format, in: nearby)
        case .chartHelper: return Chart.scan(helper: bytes, in: nearby, charts)
        case .template(let format):
            return format.scan(template: bytes, readsEverything: options.readsEverything)
        case .pipeline(.devcontainer):
            return documents(kind, of: JSONComments.blanked(bytes), file: bytes, in: nearby)
        case .pipeline(.gitlabCI):
            return documents(kind, of: bytes, in: nearby) {
                $0.settings = GitLabIncludes.settings(of: bytes, in: nearby)
            }
        case .yaml, .manifest:
            var result = documents(kind, of: bytes, in: nearby) { $0.name = nearby.name }
            Chart.decide(&result, of: bytes, in: nearby, charts)
            let databases = DatabaseAddresses.findings(inSettings: bytes)
            if !databases.isEmpty { result.findings = (result.findings + databases).inFileOrder }
            return result
        case .helmValues: return values(bytes, in: nearby)
        case .json, .compose, .kustomization, .pipeline:
            return documents(kind, of: bytes, in: nearby) { $0.name = nearby.name }
        }
    }

    private func dockerfile(_ bytes: [UInt8], given: BuildArguments, named name: String?) -> ScanResult {
        var arguments = options.arguments
        for (name, values) in given.values { for value in values { arguments.add(name, value) } }
        arguments.file = given.file
        var result = DockerfileScanner.scan(bytes, arguments: arguments)
        result.products += name.map(given.products) ?? []
        return result
    }

    private func text(_ bytes: [UInt8], as format: TextFormat, in nearby: NearbyFiles) -> ScanResult {
        if format == .terraform { return TerraformScanner.scan(bytes, in: nearby) }
        var result = format.scan(bytes, in: nearby, readsEverything: options.readsEverything)
        if format == .dotenv {
            DotEnvScanner.complete(&result, of: bytes, in: nearby)
            result.followUps = result.followUps.map { $0.withVariables(of: nearby.name) }
        }
        return result
    }

    /// - Parameters:
    ///   - bytes: the file, or the parts of it to read. Every byte is in its place.
    ///   - extend: adds what other files say about this one.
    private func documents(
        _ kind: FileKind, of bytes: [UInt8], file: [UInt8]? = nil, in nearby: NearbyFiles,
        extended extend: (inout DocumentContext) -> Void = { _ in }
    ) -> ScanResult {
        var context = DocumentContext(nearby)
        context.readsEverything = options.readsEverything
        extend(&context)
        return YAMLFileScanner(kind, options, context).scan(bytes, file: file ?? bytes)
    }

    private func values(_ bytes: [UInt8], in nearby: NearbyFiles, isOfReadChart: Bool = false) -> ScanResult {
        var result = documents(.helmValues, of: bytes, in: nearby) {
            ($0.name, $0.isOfReadChart) = (nearby.name, isOfReadChart)
        }
        result.shared += OtherValues.shared(result.findings, in: bytes, nearby)
        result.shared += SharedValues.shared(result.findings, in: bytes, nearby)
        return result
    }

    /// Scans a chart's values together with the uses in its templates.
    private func values(_ bytes: [UInt8], of uses: ChartUses, in nearby: NearbyFiles) -> ScanResult {
        var result = values(bytes, in: nearby, isOfReadChart: true)
        let unsure = Chart.unsure(result.findings, in: bytes, by: uses)
        let refuted = Set(Chart.refuted(result.findings, in: bytes, by: uses))
        result.findings.removeAll(where: refuted.contains)
        let made = Chart.scan(bytes, uses, nearby).filter { made in
            !result.findings.contains { $0.saysSame(as: made) }
        }
        // Two findings for one image would contradict each other.
        result.findings.removeAll { finding in
            finding.unresolved != nil && made.contains { $0.range == finding.range }
        }
        result.findings = (result.findings.map { unsure[$0] ?? $0 } + made).inFileOrder
        return result
    }

    /// The images that templates make of a chart's values, in addition to those in the values themselves.
    package func findings(in values: [UInt8], of uses: ChartUses, _ nearby: NearbyFiles) -> [Finding] {
        Chart.scan(values, uses, nearby).filter { options.kinds.keeps($0.kind) }.inFileOrder
    }

    /// The findings in a chart's values for which each template that uses them makes another name.
    package func refuted(_ findings: [Finding], in values: [UInt8], by uses: ChartUses) -> [Finding] {
        Chart.refuted(findings, in: values, by: uses)
    }

    /// The findings that are part of an unknown image.
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
