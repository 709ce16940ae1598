// SPDX-License-Identifier: Apache-2.0

/// Finds images that resources of Flux and Argo CD set for what they deliver: kustomize's images and patches, parameters of
/// charts, artifacts of registries; and images whose name and tag are fields of their own.
struct DeliveryScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private var owner: ResourceOwner?
    /// Aliases may name the same resource any number of times.
    private var seen: Set<Index> = []
    private(set) var findings: [Finding] = []
    private(set) var replacements: [ImageReplacement] = []

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    /// Words in documents that this finds something in and that may lack the word image.
    static let words = ["OCIRepository"]

    mutating func scan() {
        guard view.root >= 0 else { return }
        resource(view.root)
    }

    /// What an application says, without saying that it is one.
    mutating func scan(applicationAt index: Index) {
        for source in KubernetesScanner.argoSources { argo(values(source, in: index)) }
    }

    private mutating func resource(_ index: Index) {
        guard seen.insert(document.resolved(index)).inserted,
            let kind = document.value("kind", in: index).flatMap(document.string),
            let version = document.value("apiVersion", in: index).flatMap(document.string)
        else { return }
        if kind.hasSuffix("List"), let items = document.value("items", in: index) {
            for item in document.items(items) where document.kind(item) == .mapping { resource(item) }
            return
        }
        owner = ResourceOwner(of: index, in: view)
        switch (version.prefix { $0 != "/" }, kind) {
        case ("kustomize.toolkit.fluxcd.io", _): kustomize(values(["spec"], in: index))
        case ("helm.toolkit.fluxcd.io", _): kustomize(values(["spec", "postRenderers", "kustomize"], in: index))
        case ("source.toolkit.fluxcd.io", "OCIRepository"): artifact(values(["spec"], in: index))
        case ("argoproj.io", _): scan(applicationAt: index)
        case ("helm.cattle.io", _): charts(values(["spec", "valuesContent"], in: index))
        case ("nvidia.com", _): fields(values(["spec"], in: index))
        default: return
        }
    }

    private func values(_ path: [String], in index: Index) -> [Index] { document.values(at: path[...], in: index) }

    private mutating func append(_ found: [Finding]) {
        findings += found.map { finding in
            var finding = finding
            finding.owner = finding.owner ?? owner
            // No file of a chart or a kustomization: what works on those leaves these alone.
            if finding.kind != .kubernetesText { finding.kind = .kubernetesSetting }
            return finding
        }
    }

    // MARK: - Kustomize

    /// fluxcd.io, "Kustomization": `images` and `patches` as in a kustomization.
    private mutating func kustomize(_ settings: [Index]) {
        for setting in settings {
            if let images = document.value("images", in: setting) {
                let entries = ImageEntries(document.items(images), in: view)
                append(entries.findings)
                replacements += entries.replacements
            }
            patches(setting)
        }
    }

    private mutating func patches(_ setting: Index) {
        for key in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
            for patch in document.value(key, in: setting).map(document.items) ?? [] {
                guard let text = document.value("patch", in: patch).flatMap(view.text) else { continue }
                append(EmbeddedDocument.findings(in: text, of: view.file, .manifests, kind: .kubernetesText))
            }
        }
    }

    // MARK: - Argo CD

    private mutating func argo(_ sources: [Index]) {
        for source in sources {
            for kustomize in values(["kustomize"], in: source) {
                for image in document.value("images", in: kustomize).map(document.items) ?? [] { argo(image: image) }
                patches(kustomize)
            }
            parameters(values(["helm", "parameters"], in: source))
        }
    }

    /// argo-cd.readthedocs.io, "Kustomize": `old=new:tag`, or `new:tag`.
    private mutating func argo(image: Index) {
        guard let text = view.text(image) else { return }
        let pair = text.cut(at: UInt8(ascii: "="))
        let new = pair?.after ?? text
        if let old = pair?.before {
            replacements.append(ImageReplacement(name: NamePattern(old.string), isReplaced: true))
        }
        append([view.finding(.kustomize, at: image, written: new, meaning: new, owner: owner)].compactMap(\.self))
    }

    /// `{name: a.image.tag, value: x}`: values of a chart by their paths.
    private mutating func parameters(_ list: [Index]) {
        var settings = ChartSettings()
        for item in list.flatMap({ document.kind($0) == .sequence ? document.items($0) : [$0] }) {
            guard let path = document.value("name", in: item).flatMap(document.string),
                let value = document.value("value", in: item), let text = view.text(value)
            else { continue }
            let before = settings.images.count
            settings.add(path, text)
            guard settings.images.count > before else { continue }
            append([view.finding(.helmValues, at: value, owner: owner)].compactMap(\.self))
        }
        append(settings.findings(.helmValues))
    }

    /// docs.k3s.io, "Helm": a chart's values as a text.
    private mutating func charts(_ texts: [Index]) {
        for text in texts.compactMap({ view.text($0) }) {
            append(EmbeddedDocument.findings(in: text, of: view.file, .values, kind: .kubernetesText))
        }
    }

    // MARK: - Fields

    /// fluxcd.io, "OCI Repositories": `url` and `ref`.
    private mutating func artifact(_ specs: [Index]) {
        for spec in specs {
            let scheme = "oci://"
            guard let url = document.value("url", in: spec).flatMap(view.text), url.bytes.starts(with: scheme.utf8)
            else {
                continue
            }
            var fields = ["image": url[scheme.utf8.count..<url.count]]
            for key in ["tag", "digest"] {
                fields[key] = document.value(at: ["ref", key], in: spec).flatMap(view.text)
            }
            append([PulledFields(fields).finding(.kubernetes)].compactMap(\.self))
        }
    }

    /// `{repository, image, version}`, as charts have them.
    private mutating func fields(_ specs: [Index]) {
        for spec in specs {
            var helm = HelmValuesScanner(view: view, root: spec, owner: owner)
            helm.scan()
            append(helm.findings)
        }
    }
}
