// SPDX-License-Identifier: Apache-2.0

/// Finds the references of a YAML or JSON file, document by document.
struct YAMLFileScanner {
    private let kind: FileKind
    private let options: ScanOptions
    private let neighbour: (String) -> [UInt8]?
    /// The file's name, where that is known.
    private let name: String?
    /// The files with a Compose file's variables, later ones first in doubt.
    private let environment: [String]
    /// For each of the user's rules the word that must stand in a document; nil where there is none.
    private let ruleWords: [SearchWord?]
    private var result = ScanResult()
    /// The file with its template actions blanked out, once that was needed.
    private var masked: [UInt8]?

    init(
        _ kind: FileKind, _ options: ScanOptions, name: String? = nil, environment: [String] = [".env"],
        _ neighbour: @escaping (String) -> [UInt8]?
    ) {
        self.kind = kind
        self.name = name
        self.environment = environment
        self.options = options
        self.neighbour = neighbour
        ruleWords = options.rules.map { rule in rule.lastKey.map { SearchWord($0) } }
    }

    /// - Parameter file: the file as it stands, where `bytes` have parts of it blanked out.
    consuming func scan(_ bytes: [UInt8], file: [UInt8]) -> ScanResult {
        bytes.withUnsafeBufferPointer { buffer in
            file.withUnsafeBufferPointer { file in documents(buffer, file) }
        }
        result.findings = result.findings.inFileOrder
        return result
    }

    private mutating func documents(_ bytes: UnsafeBufferPointer<UInt8>, _ file: UnsafeBufferPointer<UInt8>) {
        guard mayHold(bytes, 0..<bytes.count) || mayGuess(bytes, 0..<bytes.count) else { return }
        var stream = YAMLStream(bytes)
        var document = YAMLDocument(bytes)
        while let range = stream.next() {
            guard mayHold(bytes, range) else {
                if mayGuess(bytes, range) { countGuesses(in: &document, range, file) }
                continue
            }
            if isTemplate(bytes, range) {
                template(bytes, range, file)
                continue
            }
            do throws(YAMLError) {
                try document.parse(range)
                scan(YAMLView(document: document, file: file))
            } catch {
                result.problems.append(ScanProblem("not YAML: " + error.message, at: error.offset))
            }
        }
    }

    // MARK: - Telling what need not be read

    private static let image = SearchWord("mage")
    private static let apiVersion = SearchWord("apiVersion")
    private static let repository = SearchWord("repo")
    /// Cloud Build's, whose files have any name.
    private static let steps = SearchWord("steps:")
    /// A JSON patch's (RFC 6902 §4).
    private static let operation = SearchWord("\"op\"")
    /// Words in documents that name images without the word image.
    private static let others =
        (PublishedRules.quietGroups + ["helm.toolkit.fluxcd.io", "argoproj.io/"] + ResourceSettingScanner.words
        + DeliveryScanner.words).map { SearchWord($0) }

    /// Whether a document can hold a reference at all; most cannot, and are not parsed.
    private func mayHold(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        switch kind {
        case .yaml, .json:
            if options.findsGuesses || (options.readsEverything && kind == .yaml) { return true }
            let isResource = ByteSearch.contains(Self.apiVersion, in: bytes, range)
            // Not for want of time: other JSON is no manifest.
            if kind == .json, !isResource, !isPatch(bytes, range), !isAWS(bytes, range), !isAzure(bytes, range) {
                return false
            }
            if options.readsEverything { return true }
            if ByteSearch.contains(Self.image, in: bytes, range) { return true }
            if kind == .yaml, !isResource, ByteSearch.containsLine(Self.steps, in: bytes, range) { return true }
            return isResource && Self.others.contains { ByteSearch.contains($0, in: bytes, range) }
                || ruleWords.contains { word in word.map { ByteSearch.contains($0, in: bytes, range) } ?? true }
        case .helmValues:
            // A resource by the name of values is read as one.
            return options.findsGuesses || options.readsEverything
                || [Self.image, Self.repository, Self.apiVersion].contains {
                    ByteSearch.contains($0, in: bytes, range)
                }
        default: return true
        }
    }

    /// Whether a document that is not read need be looked at for texts that look like references.
    private func mayGuess(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        options.countsGuesses && GuessScanner.mayFind(in: bytes, range)
    }

    private mutating func countGuesses(
        in document: inout YAMLDocument, _ range: Range<Int>, _ file: UnsafeBufferPointer<UInt8>
    ) {
        guard (try? document.parse(range)) != nil, document.root >= 0 else { return }
        var guesses = GuessScanner(view: YAMLView(document: document, file: file), known: [])
        guesses.scan()
        result.guesses += guesses.findings
    }

    /// A patch is an array: of all other JSON, the most by far, one byte is looked at.
    private func isPatch(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        let first = bytes[range].first { !TracedText.isBlank($0) }
        return first == UInt8(ascii: "[") && ByteSearch.contains(Self.operation, in: bytes, range)
    }

    private static let aws = AWSScanner.words.map { SearchWord($0) }

    private func isAWS(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        Self.aws.contains { ByteSearch.contains($0, in: bytes, range) }
    }

    private static let azureParameters = SearchWord("eploymentParameters.json")

    /// Parameters of Azure's templates say so in their first lines.
    private func isAzure(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        ByteSearch.contains(Self.azureParameters, in: bytes, range.prefix(512))
    }

    // MARK: - Templates

    private func isTemplate(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        // Pipelines have braces of their own.
        if case .pipeline(let pipeline) = kind, ImagePlaces.of(pipeline) == nil {
            return TemplateMask.isOtherTemplate(bytes, range)
        }
        return kind == .json ? TemplateMask.isTemplate(bytes, range) : TemplateMask.holdsAction(bytes, range)
    }

    /// What a template's actions leave is read as YAML; where even that is none, line by line.
    private mutating func template(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ file: UnsafeBufferPointer<UInt8>
    ) {
        let masked = masked ?? TemplateMask.masked(bytes)
        self.masked = masked
        masked.withUnsafeBufferPointer { buffer in
            var document = YAMLDocument(buffer)
            do throws(YAMLError) {
                try document.parse(range)
                scan(YAMLView(document: document, file: file, isTemplate: true))
            } catch {
                guard masked != Array(bytes) else {
                    // Braces, but no action between them.
                    result.problems.append(ScanProblem("not YAML: " + error.message, at: error.offset))
                    return
                }
                var lines = TemplateLineScanner(file: file, range: range)
                result.findings += lines.findings()
                result.problems.append(
                    ScanProblem(
                        "a template that is no YAML even without its actions: only image: lines are read",
                        at: error.offset))
            }
        }
    }

    // MARK: - Formats

    private mutating func scan(_ view: YAMLView) {
        guard view.root >= 0 else { return }
        let document = view.document
        let before = result.findings.count
        switch kind {
        case _ where isResource(document): byContent(view)
        case .pipeline(.ansible): ansible(view)
        case .pipeline(let pipeline): self.pipeline(view, pipeline)
        case .kustomization: kustomization(view)
        case .compose: compose(view)
        case .helmValues where document.value("apiVersion", in: view.root) == nil: helmValues(view)
        default: byContent(view)
        }
        if options.findsGuesses {
            var guesses = GuessScanner(view: view, known: result.findings[before...].map(\.range))
            guesses.scan()
            result.findings += guesses.findings
        } else if options.countsGuesses {
            var guesses = GuessScanner(view: view, known: result.findings[before...].map(\.range))
            guesses.scan()
            result.guesses += guesses.findings
        }
    }

    /// Whether a document is a resource, under whatever name its file has: `render.yaml` may be what somebody rendered. Formats
    /// that say the same of themselves are told by their names before.
    private func isResource(_ document: YAMLDocument) -> Bool {
        guard document.kind(document.root) == .mapping, kind != .pipeline(.skaffold), kind != .pipeline(.garden),
            let version = document.value("apiVersion", in: document.root).flatMap(document.string),
            let resource = document.value("kind", in: document.root).flatMap(document.string)
        else { return false }
        if kind == .kustomization, resource == "Kustomization" || resource == "Component" { return false }
        return version == "v1" || version.contains("/")
    }

    private mutating func ansible(_ view: YAMLView) {
        var scanner = AnsibleScanner(view: view)
        merge(scanner.scan())
    }

    private mutating func pipeline(_ view: YAMLView, _ kind: FindingKind) {
        var scanner = PipelineScanner(view: view, kind: kind)
        if kind == .garden { scanner.hasDockerfile = neighbour("Dockerfile") != nil }
        scanner.scan()
        merge(scanner.result)
        scripts(view, kind)
        guard ImagePlaces.of(kind)?.holdsManifests == true else { return }
        for values in kind == .garden ? ["spec.values", "values"] as [KeyPattern] : [] {
            for root in values.values(in: view.document) { chartValues(view, root) }
        }
        let known = Set(result.findings.map(\.range))
        kubernetes(view, except: known)
    }

    /// The values that settings give to a chart.
    private mutating func chartValues(_ view: YAMLView, _ root: YAMLDocument.Index) {
        var scanner = HelmValuesScanner(view: view, root: root)
        scanner.scan()
        result.warnings += scanner.warnings
        result.findings += scanner.findings.map { finding in
            var finding = finding
            finding.isBuilt = finding.isBuilt || ProductName.isPlaceholder(finding.text)
            return finding
        }
    }

    /// What the steps of a pipeline run, and what their inputs name.
    private mutating func scripts(_ view: YAMLView, _ kind: FindingKind) {
        guard var walker = PipelineWalker(view: view, kind: kind) else { return }
        var scripts = walker.scan()
        let known = Set(result.findings.map(\.range))
        scripts.findings.removeAll { known.contains($0.range) }
        merge(scripts)
    }

    private mutating func byContent(_ view: YAMLView) {
        let document = view.document
        let kind = document.value("kind", in: view.root).flatMap(document.string)
        let version = document.value("apiVersion", in: view.root).flatMap(document.string) ?? ""
        if version.hasPrefix("skaffold/") { return pipeline(view, .skaffold) }
        if version.hasPrefix("kustomize.config.k8s.io/"), kind == "Kustomization" || kind == "Component" {
            return kustomization(view)
        }
        if kind == nil, ComposeScanner.isCompose(document) { return compose(view) }
        if let settings = SettingsSniffer.kind(of: document, kind: kind, version: version) {
            return self.settings(view, settings)
        }
        if AnsibleScanner.isAnsible(document) { ansible(view) }
        if kind == "pipeline", version.isEmpty, document.value("steps", in: view.root) != nil {
            return scripts(view, .drone)
        }
        if kind == nil, version.isEmpty, self.kind == .yaml || self.kind == .json { return byShape(view) }
        kubernetes(view)
        if kind == "Application" || kind == "ApplicationSet" { embeddedChartValues(view) }
    }

    private mutating func settings(_ view: YAMLView, _ kind: FindingKind) {
        guard kind == .azureResources else { return pipeline(view, kind) }
        var scanner = AzureScanner(view: view)
        scanner.scan()
        result.findings += scanner.findings
    }

    /// What says nothing of what it is: Amazon's task definitions, Cloud Build's steps, a chart's values by whatever name, manifests' parts.
    private mutating func byShape(_ view: YAMLView) {
        if AWSScanner.isMeant(view.document) {
            var scanner = AWSScanner(view: view)
            scanner.scan()
            result.findings += scanner.findings
            return
        }
        if PipelineScanner.isCloudBuild(view.document) { return pipeline(view, .cloudBuild) }
        if PipelineScanner.isConcourse(view.document) { return pipeline(view, .concourse) }
        // Ansible's tasks were read already.
        kubernetes(view, except: Set(result.findings.map(\.range)))
        var known = Set(result.findings.map(\.range))
        for values in releaseValues(view.document) + [view.root] {
            var scanner = HelmValuesScanner(
                view: view, root: values, takesPlainShapesOnly: values == view.root)
            scanner.scan()
            result.findings += scanner.findings.filter { known.insert($0.range).inserted }
            result.warnings += scanner.warnings
        }
    }

    /// Values of charts that Helmfile installs (helmfile.readthedocs.io, "Configuration").
    private func releaseValues(_ document: YAMLDocument) -> [YAMLDocument.Index] {
        guard let releases = document.value("releases", in: document.root),
            document.items(releases).contains(where: { document.value("chart", in: $0) != nil })
        else { return [] }
        return ("releases.values" as KeyPattern).values(in: document).filter { document.kind($0) == .mapping }
    }

    private mutating func kubernetes(_ view: YAMLView, except known: Set<Range<Int>> = []) {
        var scanner = KubernetesScanner(view: view, rules: options.rules)
        scanner.scan()
        let found = scanner.findings.filter { !known.contains($0.range) }
        result.findings += found
        // What a program is told is not what the resource itself pulls.
        var settings = ResourceSettingScanner(view: view)
        var delivery = DeliveryScanner(view: view)
        delivery.scan()
        var known = known.union(found.map(\.range))
        result.findings += (delivery.findings + settings.findings()).filter { known.insert($0.range).inserted }
    }

    private mutating func compose(_ view: YAMLView) {
        var variables = Variables()
        for file in environment {
            if let values = neighbour(file) { variables.readDotEnv(values, file: file) }
        }
        var scanner = ComposeScanner(view: view, variables: variables)
        scanner.scan()
        merge(scanner.result)
    }

    private mutating func helmValues(_ view: YAMLView) {
        var scanner = HelmValuesScanner(view: view, root: view.root)
        scanner.scan()
        result.findings += scanner.findings
        result.warnings += scanner.warnings
        // Charts take whole containers as values, too.
        var containers = KubernetesScanner(view: view)
        containers.scan()
        let known = Set(result.findings.map(\.range))
        result.findings += containers.findings.filter { !known.contains($0.range) }
        let charts = otherCharts
        result.findings += ValueOverrides.findings(in: view, below: view.root, of: charts, except: result.findings)
    }

    /// The keys below which a chart's own values are those of another chart; nil for values that are given to a chart.
    private var otherCharts: Set<String>? {
        guard name == "values.yaml", let chart = neighbour("Chart.yaml") else { return nil }
        return Chart.dependencies(chart)
    }

    private mutating func kustomization(_ view: YAMLView) {
        var scanner = KustomizationScanner(view: view)
        scanner.scan()
        merge(scanner.result)
        for index in scanner.embeddedTexts() { embedded(index, view, isValues: false) }
    }

    /// Argo CD's Application may hold a chart's values as one text.
    private mutating func embeddedChartValues(_ view: YAMLView) {
        let document = view.document
        for path in KubernetesScanner.argoSources.map({ $0 + ["helm", "values"] }) {
            for values in document.values(at: path[...], in: view.root) where document.kind(values) == .scalar {
                embedded(values, view, isValues: true)
            }
        }
    }

    /// A document written as a text inside another one.
    private mutating func embedded(_ index: YAMLDocument.Index, _ outer: YAMLView, isValues: Bool) {
        guard var text = outer.document.text(index) else { return }
        text.mapOrigins { outer.origins.origin(of: $0) }
        text.bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            while let range = stream.next() {
                guard (try? document.parse(range)) != nil else { continue }
                let view = YAMLView(document: document, origins: OriginMap(text), file: outer.file)
                if isValues, view.root >= 0 {
                    var scanner = HelmValuesScanner(view: view, root: view.root)
                    scanner.scan()
                    result.findings += scanner.findings
                    result.findings += ValueOverrides.findings(
                        in: view, below: view.root, except: scanner.findings)
                    result.warnings += scanner.warnings
                } else {
                    kubernetes(view)
                }
            }
        }
    }

    private mutating func merge(_ other: ScanResult) { result.merge(other) }
}
