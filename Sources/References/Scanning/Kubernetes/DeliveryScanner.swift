// SPDX-License-Identifier: Apache-2.0

/// Finds the images that resources of Flux and Argo CD set for what they deliver: kustomize's images and patches, chart
/// parameters, and registry artifacts. Also finds images whose name and tag are separate fields.
struct DeliveryScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private var owner: ResourceOwner?
    /// The resources that were visited. Aliases may name the same resource any number of times.
    private var seen: Set<Index> = []
    private(set) var findings: [Finding] = []
    /// What is replaced where: only `replacements`, `reach`, `elsewhere` and `applications` are set.
    private(set) var replaced = ScanResult()
    /// The names by which images are found in what charts make of the values in this document.
    private(set) var renderedNames = SoughtNames()

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    /// Words that mark documents in which this scanner finds images although the word "image" may be absent.
    static let words = ["OCIRepository"]

    mutating func scan() {
        guard view.root >= 0 else { return }
        resource(view.root)
    }

    /// Scans the fields of an application in a mapping that does not declare itself as one.
    mutating func scan(applicationAt index: Index) {
        let template = document.value(at: ["spec", "template", "metadata", "name"], in: index)
        let name = (template ?? document.value(at: ["metadata", "name"], in: index)).flatMap(document.string)
        for source in KubernetesScanner.argoSources {
            let sources = values(source, in: index)
            argo(sources)
            guard let name else { continue }
            for folder in sources.compactMap(folder) {
                replaced.applications.append(DeliveredFolder(application: name, path: FilePath.normalized(folder)))
            }
        }
    }

    /// Scans the fields of a source that are in a file in the source's own folder.
    mutating func scan(sourceAt index: Index) {
        argo([index])
        replaced.reach = .listed
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
        case ("helm.toolkit.fluxcd.io", _):
            kustomize(values(["spec", "postRenderers", "kustomize"], in: index))
            override(values(["spec", "values"], in: index), of: chart(ofRelease: index))
            for replacement in replaced.replacements { renderedNames.insert(replacement) }
        case ("fluxcd.controlplane.io", _): kustomize(values(["spec", "kustomize"], in: index))
        case ("source.toolkit.fluxcd.io", "OCIRepository"): artifact(values(["spec"], in: index))
        case ("argoproj.io", _): scan(applicationAt: index)
        case ("helm.cattle.io", _):
            let chart = document.value(at: ["spec", "chart"], in: index).flatMap(document.string)
            charts(values(["spec", "valuesContent"], in: index), of: chart)
            override(values(["spec", "values"], in: index), of: chart)
            parameters(of: values(["spec", "set"], in: index).flatMap { document.entries($0) }, chart)
        case ("nvidia.com", _): fields(values(["spec"], in: index))
        default: return
        }
    }

    private func values(_ path: [String], in index: Index) -> [Index] { document.values(at: path[...], in: index) }

    private mutating func append(_ found: [Finding]) {
        findings += found.map { finding in
            var finding = finding
            finding.owner = finding.owner ?? owner
            // This is not a file of a chart or a kustomization. The code that handles those ignores this kind.
            if finding.kind != .kubernetesText { finding.kind = .kubernetesSetting }
            return finding
        }
    }

    // MARK: - Kustomize

    /// Reads `images` and `patches`, which have the same form as in a kustomization (fluxcd.io, "Kustomization").
    private mutating func kustomize(_ settings: [Index]) {
        for setting in settings {
            let images = document.value("images", in: setting).map(document.items) ?? []
            let entries = ImageEntries(images, in: view)
            append(entries.findings)
            replace(entries.replacements, below: setting)
            patches(setting, before: entries.replacements)
        }
    }

    /// - Parameter source: the mapping with the `path` of a folder in a repository, which may be the one at hand.
    private mutating func replace(_ images: [ImageReplacement], below source: Index) {
        guard !images.isEmpty else { return }
        replaced.replacements += images
        if let path = folder(of: source) { replaced.elsewhere.append(path) } else { replaced.reach = .unknown }
    }

    /// The folder that a source delivers; nil if it is the whole repository or not known.
    private func folder(of source: Index) -> String? {
        let path = document.value("path", in: source).flatMap(document.string) ?? ""
        return path.contains { $0 != "." && $0 != "/" } && !path.contains { "{}$*".contains($0) } ? path : nil
    }

    /// - Parameter images: what is replaced after the patches were applied.
    private mutating func patches(_ setting: Index, before images: [ImageReplacement]) {
        let names = SoughtNames(images)
        for key in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
            for patch in document.value(key, in: setting).map(document.items) ?? [] {
                guard let text = document.value("patch", in: patch).flatMap(view.text) else { continue }
                let found = EmbeddedDocument.findings(
                    in: text, of: view.file, .manifests, kind: .kubernetesText, isTemplate: view.isTemplate)
                append(found.map { names.marked(patched: $0) })
            }
        }
    }

    // MARK: - Argo CD

    private mutating func argo(_ sources: [Index]) {
        for source in sources {
            for kustomize in values(["kustomize"], in: source) {
                let images = document.value("images", in: kustomize).map(document.items) ?? []
                let replacements = images.compactMap { argo(image: $0) }
                replace(replacements, below: source)
                patches(kustomize, before: replacements)
            }
            let chart = chart(of: source)
            parameters(values(["helm", "parameters"], in: source), of: chart)
            override(values(["helm", "valuesObject"], in: source), of: chart)
            for text in values(["helm", "values"], in: source) where document.kind(text) == .scalar {
                view.documents(in: text) { inner in override(inner, of: chart) }
            }
        }
    }

    /// Reads an image override: `old=new:tag` or `new:tag` (argo-cd.readthedocs.io, "Kustomize").
    private mutating func argo(image: Index) -> ImageReplacement? {
        guard let text = view.text(image) else { return nil }
        let pair = text.cut(at: UInt8(ascii: "="))
        let new = pair?.after ?? text
        let name = ReferenceBounds(new.bytes).name.map { new[$0] }
        var finding = view.finding(.kustomize, at: image, written: new, meaning: new, owner: owner)
        if pair == nil, let found = finding, !found.parts.isEmpty {
            let parts = ReferencePart.parts(behindNameOf: new, style: view.style(image))
            finding?.parts = found.reference == nil ? parts.filter { $0.field == .name } : parts
        }
        append([finding].compactMap(\.self))
        return (pair?.before ?? name).map { ImageReplacement(name: NamePattern($0.string), isReplaced: true) }
    }

    /// Reads `{name: a.image.tag, value: x}`: chart values, each with its path.
    private mutating func parameters(_ list: [Index], of chart: String?) {
        let items = list.flatMap { document.kind($0) == .sequence ? document.items($0) : [$0] }
        parameters(
            of: items.compactMap { item in
                document.value("name", in: item).flatMap { name in
                    document.value("value", in: item).map { (name, $0) }
                }
            }, chart)
    }

    private mutating func parameters(of entries: [(key: Index, value: Index)], _ chart: String?) {
        var settings = ChartSettings()
        for (key, value) in entries {
            if let path = document.string(key), let text = view.written(value) { settings.add(path, text) }
        }
        var found = FoundImages(.helmValues)
        settings.find(in: &found)
        append(found.findings)
        if let override = settings.override(of: chart) { replaced.overrides.append(override) }
    }

    /// Reads a chart's values that are given as one text (docs.k3s.io, "Helm").
    private mutating func charts(_ texts: [Index], of chart: String?) {
        for place in texts {
            guard let text = view.text(place) else { continue }
            append(
                EmbeddedDocument.findings(
                    in: text, of: view.file, .values, kind: .kubernetesText, isTemplate: view.isTemplate))
            view.documents(in: place) { inner in override(inner, of: chart) }
        }
    }

    // MARK: - Overrides

    /// The chart that a source of Argo CD delivers. A file in the source's own folder names none.
    ///
    /// - Returns: nil if a template fills in a part of the name.
    private func chart(of source: Index) -> String? {
        guard let name = ["path", "chart"].lazy.compactMap({ document.value($0, in: source) }).first else { return "." }
        return view.isFilledIn(name) ? nil : document.string(name)
    }

    /// The chart that a release of Flux names, or the resource that does so.
    private func chart(ofRelease release: Index) -> String? {
        let paths = [["spec", "chart", "spec", "chart"], ["spec", "chartRef", "name"]]
        return paths.lazy.compactMap { document.value(at: $0, in: release).flatMap(document.string) }.first
    }

    private mutating func override(_ values: [Index], of chart: String?) {
        replaced.overrides += values.compactMap { ChartOverride(of: chart, at: $0, in: document) }
    }

    private mutating func override(_ values: YAMLView, of chart: String?) {
        guard let override = ChartOverride(of: chart, at: values.root, in: values.document) else { return }
        replaced.overrides.append(override)
    }

    // MARK: - Fields

    /// Reads `url` and `ref`. Of the fields of `ref`, the digest counts first, then the range of versions, then the tag
    /// (fluxcd.io, "OCI Repositories").
    private mutating func artifact(_ specs: [Index]) {
        let scheme = "oci://"
        for spec in specs {
            guard let place = document.value("url", in: spec), let url = view.text(place),
                url.bytes.starts(with: scheme.utf8)
            else { continue }
            let name = url[scheme.utf8.count..<url.count]
            func version(_ key: String) -> TracedText? {
                document.value(at: ["ref", key], in: spec).flatMap(view.text)
            }
            var fields = ["image": name]
            fields["digest"] = version("digest")
            if fields["digest"] == nil, version("semver") != nil {
                append([view.finding(.kubernetes, at: place, name: name, lacking: "semver")].compactMap(\.self))
                continue
            }
            fields["tag"] = version("tag")
            append([PulledFields(fields).finding(.kubernetes)].compactMap(\.self))
        }
    }

    /// Reads `{repository, image, version}`, fields that charts also have.
    private mutating func fields(_ specs: [Index]) {
        for spec in specs {
            var helm = HelmValuesScanner(view: view, root: spec, owner: owner)
            helm.scan()
            append(helm.findings)
        }
    }
}
