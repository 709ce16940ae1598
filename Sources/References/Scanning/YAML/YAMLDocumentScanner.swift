// SPDX-License-Identifier: Apache-2.0

/// Finds the references of one document. The name of its file or its own content tells its format.
struct YAMLDocumentScanner {
    let kind: FileKind
    /// The user's rules.
    let rules: [ResourceRule]
    /// Parameters of Tekton's tasks that are images.
    let tasks: [String: Set<String>]
    /// Keys of ConfigMaps and Secrets that hold a chart's values.
    let heldValues: Set<ValuesKey>
    let context: DocumentContext
    /// The defaults of the inputs that a file of a GitLab pipeline declares. nil: it declares none.
    var inputs: [String: TracedText]?
    /// What was found in the documents so far.
    var result = ScanResult()

    mutating func scan(_ view: YAMLView) {
        guard view.root >= 0 else { return }
        let document = view.document
        switch kind {
        case _ where isResource(document): byContent(view)
        case .yaml where context.name.map(Self.isSourceSettings) == true: sourceSettings(view)
        case .yaml where isChartTest(document), .helmValues where isChartTest(document): return
        case .pipeline(.ansible): ansible(view)
        case .pipeline(.bake):
            result.merge(BakeScanner.scan(BakeFile.body(of: view), named: context.name, read: context.neighbour))
        case .pipeline(let pipeline): self.pipeline(view, pipeline)
        case .kustomization: kustomization(view)
        case .compose: compose(view)
        case .helmValues where document.value("apiVersion", in: view.root) == nil: helmValues(view)
        default: byContent(view)
        }
    }

    /// Whether a document is a resource, with any file name: `render.yaml` may hold rendered manifests. Other formats
    /// with the same two keys were already recognized by their names.
    private func isResource(_ document: YAMLDocument) -> Bool {
        guard document.kind(document.root) == .mapping, kind != .pipeline(.skaffold), kind != .pipeline(.garden),
            let version = document.value("apiVersion", in: document.root).flatMap(document.string),
            let resource = document.value("kind", in: document.root).flatMap(document.string)
        else { return false }
        if kind == .kustomization, resource == "Kustomization" || resource == "Component" { return false }
        return version == "v1" || version.contains("/")
    }

    /// A suite of helm-unittest: its values are test data, and its images are compared, not pulled
    /// (github.com/helm-unittest, DOCUMENT.md, "Test Suite").
    private func isChartTest(_ document: YAMLDocument) -> Bool {
        guard let tests = document.value("tests", in: document.root) else { return false }
        return document.items(tests).contains { document.value("asserts", in: $0) != nil }
    }

    private mutating func ansible(_ view: YAMLView) {
        var scanner = AnsibleScanner(view: view)
        result.merge(scanner.scan())
    }

    private mutating func pipeline(_ view: YAMLView, _ kind: FindingKind) {
        let first = result.findings.count
        var scanner = PipelineScanner(view: view, kind: kind)
        scanner.pipeline = context.settings
        scanner.given = context.parameters
        scanner.inputs = givenInputs
        if kind == .garden { scanner.hasDockerfile = context.neighbour("Dockerfile") != nil }
        scanner.scan()
        result.merge(scanner.result)
        scripts(view, kind, besides: first..<result.findings.count)
        guard ImagePlaces.of(kind)?.holdsManifests == true else { return }
        for values in kind == .garden ? ["spec.values", "values"] as [KeyPattern] : [] {
            for root in values.values(in: view.document) { chartValues(at: root, of: view) }
        }
        let known = Set(result.findings.map(\.range))
        kubernetes(view, except: known)
    }

    /// The inputs of a file of a GitLab pipeline, as the file that includes it gives them, otherwise by default.
    private var givenInputs: [String: TracedText] {
        let given = context.parameters.mapValues { TracedText(untraced: $0) }
        return inputs?.merging(given) { $1 } ?? [:]
    }

    /// What the steps of a pipeline run, and what their inputs name.
    ///
    /// - Parameter others: what was found at the keys of the same document.
    private mutating func scripts(_ view: YAMLView, _ kind: FindingKind, besides others: Range<Int> = 0..<0) {
        guard
            var walker = PipelineWalker(
                view: view, kind: kind, parameters: context.parameters, settings: context.settings,
                inputs: givenInputs)
        else { return }
        walker.readFile = context.neighbour
        var known = Array(result.findings[others])
        var scripts = walker.scan(besides: &known)
        for index in known.indices where walker.makes(known[index]) { known[index].isBuilt = true }
        result.findings.replaceSubrange(others, with: known)
        let places = Set(result.findings.map(\.range))
        scripts.findings.removeAll { places.contains($0.range) }
        result.merge(scripts)
    }

    private mutating func byContent(_ view: YAMLView) {
        let document = view.document
        let kind = document.value("kind", in: view.root).flatMap(document.string)
        let version = document.value("apiVersion", in: view.root).flatMap(document.string) ?? ""
        if version.hasPrefix("skaffold/") { return pipeline(view, .skaffold) }
        if version.hasPrefix("kustomize.config.k8s.io/"), kind == "Kustomization" || kind == "Component" {
            return kustomization(view)
        }
        if version == "builtin" { return plugin(view) }
        if kind == nil, ComposeScanner.isCompose(document) { return compose(view) }
        if kind == nil, inputs != nil { return pipeline(view, .gitlabCI) }
        if kind == nil, TalosScanner.isMeant(document) { return talhelper(view) }
        if kind == nil, version.isEmpty, CloudConfigScanner.isMeant(view.file) { return cloudConfig(view) }
        if let settings = SettingsSniffer.kind(of: document, kind: kind, version: version) {
            return self.settings(view, settings)
        }
        if AnsibleScanner.isAnsible(document) { ansible(view) }
        if kind == "pipeline", version.isEmpty, document.value("steps", in: view.root) != nil {
            return scripts(view, .drone)
        }
        if kind == nil, version.isEmpty, self.kind == .yaml || self.kind == .json { return byShape(view) }
        kubernetes(view)
        if kind == "Application" || kind == "ApplicationSet" { embeddedChartValues(in: view) }
        if kind == "ApplicationSet" { templatePatch(in: view) }
        if ["Application", "ApplicationSet", "HelmRelease"].contains(kind) { valuesFiles(in: view) }
    }

    private mutating func settings(_ view: YAMLView, _ kind: FindingKind) {
        guard kind == .azureResources else { return pipeline(view, kind) }
        var scanner = AzureScanner(view: view)
        scanner.scan()
        result.findings += scanner.findings
    }

    private mutating func cloudConfig(_ view: YAMLView) {
        var scanner = CloudConfigScanner(view: view)
        scanner.scan()
        result.merge(scanner.result)
    }

    private mutating func talhelper(_ view: YAMLView) {
        var scanner = TalosScanner(view: view)
        scanner.scan()
        result.findings += scanner.findings
        for patch in scanner.patches { view.documents(in: patch) { pipeline($0, .talos) } }
    }

    /// Documents without a kind or version: Amazon's task definitions, Cloud Build's steps, a chart's values under any
    /// file name, parts of manifests.
    private mutating func byShape(_ view: YAMLView) {
        if AWSScanner.isMeant(view.document) {
            var scanner = AWSScanner(view: view)
            scanner.scan()
            result.findings += scanner.findings
            return
        }
        if PipelineScanner.isCloudBuild(view.document) { return pipeline(view, .cloudBuild) }
        if PipelineScanner.isConcourse(view.document) { return pipeline(view, .concourse) }
        releases(in: view)
        bundleValues(in: view)
        // Ansible's tasks were read already.
        kubernetes(view, except: Set(result.findings.map(\.range)))
        var known = Set(result.findings.map(\.range))
        for values in releaseValues(in: view.document) + [view.root] {
            var scanner = HelmValuesScanner(
                view: view, root: values, takesPlainShapesOnly: values == view.root)
            scanner.isOfKnownChart = values == view.root && hasTemplates
            scanner.scan()
            result.findings += scanner.findings.filter { known.insert($0.range).inserted }
            result.warnings += scanner.warnings
        }
    }

    mutating func kubernetes(_ view: YAMLView, except known: Set<Range<Int>> = []) {
        var scanner = KubernetesScanner(view: view, rules: rules)
        scanner.knownTasks = tasks
        scanner.scan()
        result.tasks.merge(scanner.tasks)
        result.values.taken.formUnion(scanner.takenValues)
        let found = scanner.findings.filter { !known.contains($0.range) }
        result.merge(scanner.built)
        // Images in a program's settings are not pulled by the resource itself.
        var settings = ResourceSettingScanner(view: view)
        settings.knownValues = heldValues
        settings.readsEverything = context.readsEverything
        var delivery = DeliveryScanner(view: view)
        delivery.scan()
        result.findings += found.map { delivery.renderedNames.marked(value: $0) }
        result.merge(delivery.replaced)
        var known = known.union(found.map(\.range))
        let told = settings.findings().filter { !scanner.commands.takeOver($0) }
        result.shared += settings.shared.elements
        result.overrides += settings.overrides
        result.values.held.formUnion(settings.heldValues)
        result.findings += (delivery.findings + told).filter { known.insert($0.range).inserted }
        result.findings += scanner.commands.findings.filter { !known.contains($0.range) }
    }

    private mutating func compose(_ view: YAMLView) {
        var variables = Variables()
        for file in context.environment {
            if let values = context.neighbour(file) { variables.readDotEnv(values, file: file) }
        }
        var scanner = ComposeScanner(view: view, variables: variables)
        scanner.read = context.neighbour
        scanner.layer = ComposeLayer(besides: context.name, variables: variables, read: context.neighbour)
        for file in context.layers {
            let builds = context.neighbour(file).flatMap { bytes in
                YAMLView.first(of: bytes) { ComposeScanner(view: $0, variables: variables).builds }
            }
            scanner.others.merge(builds ?? [:]) { first, _ in first }
        }
        scanner.scan()
        result.merge(scanner.result)
    }

    private mutating func kustomization(_ view: YAMLView) {
        var scanner = KustomizationScanner(view: view, context)
        scanner.scan()
        result.merge(scanner.result)
        let before = result.findings.count
        for index in scanner.embeddedTexts() { embedded(at: index, of: view, isValues: false) }
        let names = SoughtNames(scanner.result.replacements)
        for index in before..<result.findings.count {
            result.findings[index] = names.marked(patched: result.findings[index])
        }
        for index in scanner.pluginDocuments() {
            view.documents(in: index) { inner in
                // Those are read with the kustomization's own images.
                if inner.plugin != KustomizationScanner.imageTransformer { plugin(inner) }
            }
        }
    }

    /// A generator or transformer of kustomize, or any other document in its place.
    private mutating func plugin(_ view: YAMLView) {
        var scanner = KustomizationScanner(view: view, context)
        guard let kind = view.plugin, scanner.scan(plugin: kind) else { return kubernetes(view) }
        result.merge(scanner.result)
        for index in scanner.pluginTexts() { embedded(at: index, of: view, isValues: false) }
    }
}
