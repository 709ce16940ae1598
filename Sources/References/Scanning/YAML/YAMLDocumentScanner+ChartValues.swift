// SPDX-License-Identifier: Apache-2.0

/// Values of charts: in files of their own, in settings of other tools, and written as texts inside other documents.
extension YAMLDocumentScanner {
    mutating func helmValues(_ view: YAMLView) {
        var scanner = HelmValuesScanner(view: view, root: view.root)
        scanner.isOfKnownChart = hasTemplates
        scanner.scan()
        result.findings += scanner.findings
        result.warnings += scanner.warnings
        // Charts take whole containers as values, too.
        var containers = KubernetesScanner(view: view)
        containers.scan()
        let known = Set(result.findings.map(\.range))
        result.findings += containers.findings.filter { !known.contains($0.range) }
        result.findings += ResourceSettingScanner.findings(inValues: view, except: result.findings)
        podTexts(in: view)
        let opened = opened(in: view)
        if !opened.isEmpty { result.findings = result.findings.map { opened[$0] ?? $0 } }
        let charts = otherCharts
        result.findings += ValueOverrides.findings(in: view, below: view.root, of: charts, except: result.findings)
    }

    /// Whether the file is in the folder of a chart with templates, or in a folder of that folder.
    var hasTemplates: Bool {
        context.isOfReadChart
            || ["", "../"].contains { context.exists($0 + "templates") && context.neighbour($0 + "Chart.yaml") != nil }
    }

    /// Charts take pods and other resources as texts, too: `agent.podTemplates` of Jenkins.
    private mutating func podTexts(in view: YAMLView) {
        for (index, node) in view.document.nodes.enumerated() where node.style == .literal || node.style == .folded {
            let range = node.contentRange
            let isMeant = Self.podWords.allSatisfy { ByteSearch.contains($0, in: view.document.bytes, range) }
            if isMeant { embedded(at: YAMLDocument.Index(index), of: view, isValues: false) }
        }
    }

    private static let podWords = ["ontainers:", "image:"].map { SearchWord($0) }

    /// Opens names whose registries are in the values that these values override.
    private func opened(in view: YAMLView) -> [Finding: Finding] {
        guard result.findings.contains(where: \.hasBareName), context.neighbour("Chart.yaml") != nil else {
            return [:]
        }
        if context.name == "values.yaml" {
            return ParentValues.opened(result.findings, in: view, read: context.neighbour)
        }
        guard let values = context.neighbour("values.yaml") else { return [:] }
        return ParentValues.opened(result.findings, in: view, over: values)
    }

    /// The keys below which a chart's own values are those of another chart. nil for values that are given to a chart.
    private var otherCharts: Set<String>? {
        guard context.name == "values.yaml", context.neighbour("Chart.yaml") != nil else { return nil }
        return Set(ChartDependencies(read: context.neighbour).names.keys)
    }

    /// The values that settings give to a chart.
    mutating func chartValues(at root: YAMLDocument.Index, of view: YAMLView) {
        var scanner = HelmValuesScanner(view: view, root: root)
        scanner.scan()
        result.warnings += scanner.warnings
        result.findings += scanner.findings.map { finding in
            var finding = finding
            finding.isBuilt = finding.isBuilt || ProductName.isPlaceholder(finding.text)
            return finding
        }
    }

    /// Values of charts that Helmfile installs (helmfile.readthedocs.io, "Configuration").
    func releaseValues(in document: YAMLDocument) -> [YAMLDocument.Index] {
        guard let releases = document.value("releases", in: document.root),
            document.items(releases).contains(where: { document.value("chart", in: $0) != nil })
        else { return [] }
        return ("releases.values" as KeyPattern).values(in: document).filter { document.kind($0) == .mapping }
    }

    /// Reads what Helmfile gives to a release: files of values, relative to its own folder, and values by their paths.
    mutating func releases(in view: YAMLView) {
        let document = view.document
        guard let releases = document.value("releases", in: document.root) else { return }
        for release in document.items(releases) where document.value("chart", in: release) != nil {
            let values = document.value("values", in: release).map(document.items) ?? []
            let chart = document.value("chart", in: release).flatMap(document.string)
            follow(values: values.filter { document.kind($0) == .scalar }, of: view, for: chart)
            result.overrides += values.compactMap { ChartOverride(of: chart, at: $0, in: document) }
            for key in ["set", "setString"] {
                guard let items = document.value(key, in: release).map(document.items) else { continue }
                settings(
                    items.compactMap { item in
                        document.value("name", in: item).flatMap { name in
                            document.value("value", in: item).map { (name, $0) }
                        }
                    }, of: view, for: chart)
            }
        }
    }

    /// Values that are given to a chart by their paths.
    private mutating func settings(
        _ pairs: [(name: YAMLDocument.Index, value: YAMLDocument.Index)], of view: YAMLView, for chart: String?
    ) {
        var settings = ChartSettings()
        for (name, value) in pairs {
            guard let path = view.document.string(name), let text = view.text(value), !view.isFilledIn(value) else {
                continue
            }
            settings.add(path, text)
        }
        var found = FoundImages(.helmValues)
        settings.find(in: &found)
        result.findings += found.findings
        if let override = settings.override(of: chart) { result.overrides.append(override) }
    }

    /// Follows files of values, each of which an item names.
    ///
    /// - Parameter folder: the folder of a chart, relative to the project's. nil: paths are relative to the file's own
    ///   folder.
    private mutating func follow(
        values: [YAMLDocument.Index], of view: YAMLView, for chart: String?, in folder: String? = nil
    ) {
        for text in values.compactMap({ view.document.string($0) }) {
            // Argo CD's `$name/file` is relative to the project's folder of the source with that name.
            guard let path = BuildCommand.local(text) else { continue }
            var followUp = FollowUp(
                path: FilePath.normalized(text.hasPrefix("$") ? path : (folder ?? "") + path),
                kind: .values(of: chart))
            if folder != nil { followUp.start = .above }
            result.followUps.append(followUp)
        }
    }

    /// The files of values that resources name, relative to the chart's folder for Argo CD, and to the source's folder
    /// for Flux.
    mutating func valuesFiles(in view: YAMLView) {
        let document = view.document
        for source in KubernetesScanner.argoSources.flatMap({ document.values(at: $0[...], in: view.root) }) {
            guard let files = document.value(at: ["helm", "valueFiles"], in: source) else { continue }
            let path = document.value("path", in: source).flatMap(document.string)
            let folder = path.flatMap(BuildCommand.local).map { $0 + "/" } ?? ""
            let chart = path ?? document.value("chart", in: source).flatMap(document.string)
            follow(values: document.items(files), of: view, for: chart, in: folder)
        }
        let spec = ["spec", "chart", "spec"]
        if let files = document.value(at: spec + ["valuesFiles"], in: view.root) {
            let chart = document.value(at: spec + ["chart"], in: view.root).flatMap(document.string)
            follow(values: document.items(files), of: view, for: chart, in: "")
        }
    }

    /// Argo CD's Application may hold a chart's values as one text.
    mutating func embeddedChartValues(in view: YAMLView) {
        let document = view.document
        for path in KubernetesScanner.argoSources.map({ $0 + ["helm", "values"] }) {
            for values in document.values(at: path[...], in: view.root) where document.kind(values) == .scalar {
                embedded(at: values, of: view, isValues: true)
            }
        }
    }

    /// Reads the fields of a source that Argo CD merges into the one of an application, from a file in the source's folder
    /// (argo-cd.readthedocs.io, "Parameter Overrides"). Argo CD's Image Updater writes such files.
    mutating func sourceSettings(_ view: YAMLView) {
        var delivery = DeliveryScanner(view: view)
        delivery.scan(sourceAt: view.root)
        result.findings += delivery.findings
        result.merge(delivery.replaced)
        if !delivery.replaced.replacements.isEmpty {
            // Its replacements are for the kustomization in the same folder.
            result.isKustomization = true
            result.followUps.append(FollowUp(path: ".", kind: .resources([])))
        }
        guard let helm = view.document.value("helm", in: view.root) else { return }
        if let values = view.document.value("valuesObject", in: helm) { chartValues(at: values, of: view) }
        if let values = view.document.value("values", in: helm) { embedded(at: values, of: view, isValues: true) }
    }

    /// Whether a file has the name of one with settings of a source.
    static func isSourceSettings(_ name: String) -> Bool {
        name == ".argocd-source.yaml" || (name.hasPrefix(".argocd-source-") && name.hasSuffix(".yaml"))
    }

    /// Reads a text that is merged into each application of a set (argo-cd.readthedocs.io, "Template Patch").
    mutating func templatePatch(in view: YAMLView) {
        guard let patch = view.document.value(at: ["spec", "templatePatch"], in: view.root) else { return }
        let known = Set(result.findings.map(\.range))
        view.documents(in: patch) { inner in
            for source in KubernetesScanner.argoSources {
                let path = source + ["helm", "valuesObject"]
                for values in inner.document.values(at: path[...], in: inner.root)
                where inner.document.kind(values) == .mapping {
                    let before = result.findings.count
                    chartValues(at: values, of: inner)
                    result.findings += ValueOverrides.findings(
                        in: inner, below: values, except: Array(result.findings[before...]))
                }
            }
            var delivery = DeliveryScanner(view: inner)
            delivery.scan(applicationAt: inner.root)
            result.findings += delivery.findings.filter { !known.contains($0.range) }
            result.merge(delivery.replaced)
            embeddedChartValues(in: inner)
            valuesFiles(in: inner)
        }
    }

    /// Files of values that Fleet gives to a chart, for all clusters and for some (fleet.rancher.io, "fleet.yaml").
    mutating func bundleValues(in view: YAMLView) {
        let chart = view.document.value(at: ["helm", "chart"], in: view.root).flatMap(view.document.string)
        for files in ["helm.valuesFiles", "targetCustomizations.helm.valuesFiles"] as [KeyPattern] {
            follow(values: files.values(in: view.document), of: view, for: chart)
        }
        for values in ["helm.values", "targetCustomizations.helm.values"] as [KeyPattern] {
            result.overrides += values.values(in: view.document).compactMap {
                ChartOverride(of: chart, at: $0, in: view.document)
            }
        }
    }

    /// A document written as a text inside another one.
    mutating func embedded(at index: YAMLDocument.Index, of outer: YAMLView, isValues: Bool) {
        outer.documents(in: index) { view in
            guard isValues else { return kubernetes(view) }
            var scanner = HelmValuesScanner(view: view, root: view.root)
            scanner.scan()
            result.findings += scanner.findings
            result.findings += ValueOverrides.findings(in: view, below: view.root, except: scanner.findings)
            result.warnings += scanner.warnings
            result.findings += ResourceSettingScanner.findings(inValues: view, except: result.findings)
        }
    }
}
