// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds the images a kustomization sets, and names the files it is made of.
struct KustomizationScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    private(set) var result = ScanResult()

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    mutating func scan() {
        guard view.root >= 0 else { return }
        result.isKustomization = true
        result.components = items("components").compactMap(document.string)
        let images = ImageEntries(items("images"), in: view)
        result.findings += images.findings
        result.replacements += images.replacements
        for chart in items("helmCharts") {
            guard let values = document.value("valuesInline", in: chart) else { continue }
            var helm = HelmValuesScanner(view: view, root: values)
            helm.scan()
            result.findings += helm.findings
        }
        for generator in items("configMapGenerator") { scan(generator: generator) }
        follow()
    }

    /// What programs are told by a ConfigMap that is made of `literals`: as in one that is written out, the name decides.
    private mutating func scan(generator: Index) {
        guard let literals = document.value("literals", in: generator) else { return }
        for literal in document.items(literals) {
            guard let (name, value) = view.text(literal)?.cut(at: UInt8(ascii: "=")),
                ImageText.reference(of: value.string, namedBy: name.string) != nil,
                let finding = view.finding(.kubernetesSetting, at: literal, written: value, meaning: value)
            else { continue }
            result.findings.append(finding)
        }
    }

    private func items(_ key: String) -> [Index] {
        document.value(key, in: view.root).map(document.items) ?? []
    }

    // MARK: - Files

    private mutating func follow() {
        let resources =
            ["resources", "bases", "components", "patchesStrategicMerge"].flatMap { key in
                items(key).compactMap(document.string)
            }.filter(isLocal)
            + (items("patches") + items("patchesJson6902")).compactMap { patch in
                document.value("path", in: patch).flatMap(document.string)
            }
        let configurations = items("configurations").compactMap(document.string).filter(isLocal)
        for path in resources { result.followUps.append(FollowUp(path: path, kind: .resources([]))) }
        for path in configurations {
            result.followUps.append(FollowUp(path: path, kind: .kustomizeConfiguration(resources: resources)))
        }
        for chart in items("helmCharts") {
            let files =
                [document.value("valuesFile", in: chart)].compactMap(\.self)
                + (document.value("additionalValuesFiles", in: chart).map(document.items) ?? [])
            for file in files.compactMap(document.string) {
                result.followUps.append(FollowUp(path: file, kind: .values))
            }
        }
    }

    private func isLocal(_ path: String) -> Bool {
        !path.contains("://") && !path.contains("\n") && !path.hasPrefix("github.com/") && !path.hasPrefix("git@")
            && !path.contains("?ref=")
    }

    /// Manifests written inside the kustomization: patches as block texts.
    func embeddedTexts() -> [Index] {
        guard view.root >= 0 else { return [] }
        let patches = items("patches") + items("patchesJson6902")
        return patches.compactMap { document.value("patch", in: $0) }
            + items("patchesStrategicMerge").filter { document.string($0)?.contains("\n") == true }
    }

    /// The rules of a kustomize configuration file: `images:` with `path` and, perhaps, `kind` and `group`.
    static func rules(of document: YAMLDocument) -> [ResourceRule] {
        guard document.root >= 0, let images = document.value("images", in: document.root) else { return [] }
        return document.items(images).compactMap { item in
            guard let path = document.value("path", in: item).flatMap(document.string) else { return nil }
            let steps = path.split(separator: "/").map { step -> ResourceRule.Step in
                step == "*" ? .any : .key(String(step.hasSuffix("[]") ? step.dropLast(2) : step))
            }
            return ResourceRule(
                kind: document.value("kind", in: item).flatMap(document.string),
                group: document.value("group", in: item).flatMap(document.string), path: steps)
        }
    }
}
