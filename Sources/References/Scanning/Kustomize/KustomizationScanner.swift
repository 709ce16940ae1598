// SPDX-License-Identifier: Apache-2.0

/// Finds the images that a kustomization sets, and the files that belong to it.
struct KustomizationScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    private let context: DocumentContext
    private(set) var result = ScanResult()
    /// The literals of generators that replacements put in the place of images.
    private var imageLiterals: Set<GeneratedLiteral> = []
    /// Those of which replacements take a part.
    private var partLiterals: Set<GeneratedLiteral> = []

    init(view: YAMLView, _ context: DocumentContext) {
        self.view = view
        self.context = context
    }

    private var document: YAMLDocument { view.document }

    mutating func scan() {
        guard view.root >= 0 else { return }
        result.isKustomization = true
        result.reach = reach
        // A script copies those to their places.
        result.elsewhere = Self.consistsOf.flatMap(items).compactMap(document.string).filter(isMissing)
        result.components = items("components").compactMap(document.string)
        result.transformers = paths("transformers")
        take(images)
        result.imageFields = imageFields
        replaceParts()
        for chart in items("helmCharts") { scan(chart: chart) }
        readLiterals()
        follow()
    }

    /// Scans a separate document with one of kustomize's own generators or transformers (kubectl.docs.kubernetes.io,
    /// "Builtins").
    ///
    /// - Returns: whether it is one that can name images.
    mutating func scan(plugin kind: String) -> Bool {
        switch kind {
        case Self.imageTransformer:
            take(ImageEntries(document.value("imageTag", in: view.root).map { [$0] } ?? [], in: view))
            result.imageFields = Self.rules(of: document, in: "fieldSpecs").filter { !$0.isOfContainers }
            result.reach = .ofOthers
        case Self.chartGenerator: scan(chart: view.root)
        case "ReplacementTransformer": replaceParts()
        case "PatchTransformer", "PatchJson6902Transformer", "PatchStrategicMergeTransformer":
            let paths = [document.value("path", in: view.root)].compactMap(\.self) + items("paths")
            for path in paths.compactMap(document.string) { follow(resource: path) }
        default: return false
        }
        return true
    }

    static let imageTransformer = "ImageTagTransformer"
    /// A document of this kind names values files. It may not contain the word "image".
    static let chartGenerator = "HelmChartInflationGenerator"

    /// Manifests and patches that are texts in such a document.
    func pluginTexts() -> [Index] {
        ["patch", "jsonOp", "patches"].compactMap { document.value($0, in: view.root) }
            .filter { document.kind($0) == .scalar }
    }

    /// Reads the `literals` from which a ConfigMap or a Secret is made. As in a written ConfigMap, the name decides
    /// whether a value is an image. So does a replacement that puts the value in the place of one.
    private mutating func readLiterals() {
        for (literal, value, index) in literals {
            let isImage =
                ImageText.reference(of: value.string, namedBy: literal.key) != nil || imageLiterals.contains(literal)
                || ImageText.isImageListName(literal.map) && ImageText.isListed(value.string)
            guard isImage,
                var finding = view.finding(.kubernetesSetting, at: index, written: value, meaning: value)
            else { continue }
            if partLiterals.contains(literal) { finding.advice = "a replacement takes a part of it" }
            result.findings.append(finding)
        }
    }

    private var literals: [(literal: GeneratedLiteral, value: TracedText, index: Index)] {
        (items("configMapGenerator") + items("secretGenerator")).flatMap { generator in
            let map = document.value("name", in: generator).flatMap(document.string) ?? ""
            return (document.value("literals", in: generator).map(document.items) ?? []).compactMap { index in
                view.text(index)?.cut(at: UInt8(ascii: "=")).map { name, value in
                    // Kustomize takes quotes around a value away.
                    (GeneratedLiteral(map: map, key: name.string), ShellVariables.unquoted(value), index)
                }
            }
        }
    }

    private mutating func scan(chart: Index) {
        let name = document.value("name", in: chart).flatMap(document.string)
        if let values = document.value("valuesInline", in: chart) {
            var helm = HelmValuesScanner(view: view, root: values)
            helm.scan()
            let names = SoughtNames(result.replacements)
            result.findings += helm.findings.map { names.marked(value: $0) }
            if let override = ChartOverride(of: name, at: values, in: document) { result.overrides.append(override) }
        }
        let files =
            [document.value("valuesFile", in: chart)].compactMap(\.self)
            + (document.value("additionalValuesFiles", in: chart).map(document.items) ?? [])
        for file in files.compactMap(document.string) {
            result.followUps.append(FollowUp(path: file, kind: .values(of: name)))
        }
    }

    private func items(_ key: String) -> [Index] {
        document.value(key, in: view.root).map(document.items) ?? []
    }

    // MARK: - Images

    private mutating func take(_ images: ImageEntries) {
        result.findings += images.findings
        result.replacements += images.replacements
    }

    /// The entries of `images`, and then those of the listed transformers, in order (api/internal/target,
    /// runTransformers).
    private var images: ImageEntries {
        var images = ImageEntries(items("images"), in: view)
        for text in items("transformers") where document.isLines(text) {
            view.documents(in: text) { inner in
                guard inner.plugin == Self.imageTransformer,
                    let entry = inner.document.value("imageTag", in: inner.root)
                else { return }
                images.add(entry, in: inner)
            }
        }
        return images
    }

    /// Fields of custom resources that files of `configurations` name, and transformers in texts.
    private var imageFields: [ResourceRule] {
        var fields = items("configurations").compactMap(document.string).compactMap(context.neighbour)
            .flatMap(FileScanner.kustomizeRules)
        for text in items("transformers") where document.isLines(text) {
            view.documents(in: text) { fields += Self.rules(of: $0.document, in: "fieldSpecs") }
        }
        return fields.filter { !$0.isOfContainers }
    }

    private mutating func replaceParts() {
        let replaced = ReplacementScanner(
            items("replacements"), in: view, with: Set(literals.map(\.literal)), read: context.neighbour)
        result.findings += replaced.findings
        result.replacedParts += replaced.parts
        result.replacedContainers += replaced.containers
        (imageLiterals, partLiterals) = (replaced.images, replaced.partSources)
    }

    // MARK: - Files

    /// A kustomization without resources is completed by a script (`kustomize edit add resource`).
    private var reach: ReplacementReach {
        if document.value("kind", in: view.root).map({ document.isText($0, "Component") }) == true { return .ofOthers }
        let sources = Self.consistsOf + ["generators", "helmCharts", "helmChartInflationGenerator"]
        return sources.allSatisfy { items($0).isEmpty } ? .unknown : .listed
    }

    private static let consistsOf = ["resources", "bases", "components"]

    private func isMissing(_ path: String) -> Bool { isLocal(path) && !context.exists(path) }

    private mutating func follow() {
        let resources =
            Self.resourceLists.flatMap(paths)
            + (items("patches") + items("patchesJson6902")).compactMap { patch in
                document.value("path", in: patch).flatMap(document.string)
            }
        let configurations = paths("configurations")
        for path in resources { follow(resource: path) }
        generateValues()
        for path in configurations {
            result.followUps.append(FollowUp(path: path, kind: .kustomizeConfiguration(resources: resources)))
        }
    }

    /// Follows the files from which generators make a chart's values, such as those of a HelmRelease: `values.yaml=app.yaml`.
    /// Of other keys, a release has to say that it takes values from them.
    private mutating func generateValues() {
        for (kind, list) in [("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")] {
            for generator in items(list) {
                let name = document.value("name", in: generator).flatMap(document.string) ?? ""
                let files = document.value("files", in: generator).map(document.items) ?? []
                for file in files.compactMap(document.string) { generate(file, of: name, kind) }
                let variables =
                    (document.value("envs", in: generator).map(document.items) ?? [])
                    + [document.value("env", in: generator)].compactMap(\.self)
                for path in variables.compactMap(document.string) where isLocal(path) {
                    result.followUps.append(FollowUp(path: path, kind: .named(.text(.dotenv))))
                }
            }
        }
    }

    /// - Parameter file: `PATH`, or `KEY=PATH`.
    private mutating func generate(_ file: String, of name: String, _ kind: String) {
        let parts = file.split(separator: "=", maxSplits: 1).map(String.init)
        guard let path = parts.last, isLocal(path) else { return }
        let key = file.contains("=") ? String(file.prefix { $0 != "=" }) : FilePath.name(of: path)
        let made = ValuesKey(kind: kind, name: name, key: key)
        if !made.isPlain {
            result.values.generated[made] = path
        } else if file.contains("=") {
            result.followUps.append(FollowUp(path: path, kind: .named(.helmValues)))
        }
    }

    private static let resourceLists = [
        "resources", "bases", "components", "patchesStrategicMerge", "generators", "transformers", "validators",
    ]

    private mutating func follow(resource path: String) {
        result.followUps.append(FollowUp(path: path, kind: .resources([])))
    }

    /// The items of a list that are paths of this repository.
    private func paths(_ key: String) -> [String] {
        items(key).filter { !document.isLines($0) }.compactMap(document.string).filter(isLocal)
    }

    private func isLocal(_ path: String) -> Bool {
        !path.contains("://") && !path.hasPrefix("github.com/") && !path.hasPrefix("git@")
            && !path.contains("?ref=")
    }

    // MARK: - Texts

    /// Manifests inside the kustomization: patches as block scalars.
    func embeddedTexts() -> [Index] {
        guard view.root >= 0 else { return [] }
        let patches = items("patches") + items("patchesJson6902")
        return patches.compactMap { document.value("patch", in: $0) }
            + items("patchesStrategicMerge").filter(document.isLines)
    }

    /// Generators and transformers inside the kustomization.
    func pluginDocuments() -> [Index] {
        guard view.root >= 0 else { return [] }
        return ["generators", "transformers", "validators"].flatMap(items).filter(document.isLines)
    }

    /// The rules of a kustomize configuration file: `images:` with `path` and, optionally, `kind` and `group`. A
    /// transformer has the same under `fieldSpecs`.
    static func rules(of document: YAMLDocument, in key: String = "images") -> [ResourceRule] {
        guard document.root >= 0, let images = document.value(key, in: document.root) else { return [] }
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

extension ResourceRule {
    /// Whether the place is a container's image. Kustomize finds these without a rule.
    fileprivate var isOfContainers: Bool { path.contains(.key("containers")) || path.contains(.key("initContainers")) }
}

extension YAMLView {
    /// The kind of a document that configures kustomize's own plugins; nil for other documents
    /// (kubernetes-sigs/kustomize, "apiVersion: builtin").
    var plugin: String? {
        guard root >= 0, let version = document.value("apiVersion", in: root), document.isText(version, "builtin")
        else {
            return nil
        }
        return document.value("kind", in: root).flatMap(document.string)
    }

    /// Calls `body` with each document of a text inside this one.
    func documents(in index: Index, _ body: (YAMLView) -> Void) {
        guard var text = document.text(index) else { return }
        text.mapOrigins { origins.origin(of: $0) }
        text.bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            while let range = stream.next() {
                guard (try? document.parse(range)) != nil, document.root >= 0 else { continue }
                body(YAMLView(document: document, origins: OriginMap(text), file: file, isTemplate: isTemplate))
            }
        }
    }
}
