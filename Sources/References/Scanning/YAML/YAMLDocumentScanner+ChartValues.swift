// SPDX-License-Identifier: Apache-2.0

/// Values of charts: in files of their own, in settings of other tools, and written as texts inside other documents.
extension YAMLDocumentScanner {
    mutating func helmValues(_ view: YAMLView) {
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

    /// Argo CD's Application may hold a chart's values as one text.
    mutating func embeddedChartValues(in view: YAMLView) {
        let document = view.document
        for path in KubernetesScanner.argoSources.map({ $0 + ["helm", "values"] }) {
            for values in document.values(at: path[...], in: view.root) where document.kind(values) == .scalar {
                embedded(at: values, of: view, isValues: true)
            }
        }
    }

    /// A document written as a text inside another one.
    mutating func embedded(at index: YAMLDocument.Index, of outer: YAMLView, isValues: Bool) {
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
}
