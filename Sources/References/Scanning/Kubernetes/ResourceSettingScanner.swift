// SPDX-License-Identifier: Apache-2.0

/// Finds images that are given to programs in a cluster: in environment variables and arguments, in ConfigMaps and
/// annotations, and in manifests that are texts inside other resources.
struct ResourceSettingScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private var settings = FoundImages(.kubernetesSetting)
    private var texts: [Finding] = []
    private var owner: ResourceOwner?
    private var filling = ResourceFilling()
    /// What the containers' lists of variables mean.
    private var environments: [Index: Placeholders] = [:]
    /// The lists of variables and arguments that were read.
    private var lists: Set<Index> = []
    /// Bytes that decide more than the findings.
    private(set) var shared = UniqueList<SharedBytes>()
    /// What scripts give to charts.
    private(set) var overrides: [ChartOverride] = []
    private var visited: Set<Index> = []
    private var readsTexts = true
    /// Keys of ConfigMaps and Secrets that hold a chart's values.
    var knownValues: Set<ValuesKey> = []
    /// Whether a document that cannot hold a setting is walked through, too.
    var readsEverything = false
    /// Keys of this document that may hold a chart's values.
    private(set) var heldValues: Set<ValuesKey> = []
    /// How many texts are around the document.
    private let textDepth: Int
    /// The most texts inside of each other that are read.
    private static let textLimit = 3

    /// Whether a text of the document refers to a variable of its container. In most documents none does, and then the
    /// variables need not be stored.
    private let usesVariables: Bool

    init(view: YAMLView, depth: Int = 0) {
        (self.view, textDepth) = (view, depth)
        let place = view.root < 0 ? nil : view.document[view.root]
        usesVariables =
            place.map { ByteSearch.contains(Self.use, in: view.document.bytes, Int($0.start)..<Int($0.end)) } ?? false
    }

    private static let use = SearchWord("$(")

    var document: YAMLDocument { view.document }

    /// Each document in which this scanner finds an image contains one of these words or the word "image".
    static let words = ["IMAGE"]

    mutating func findings() -> [Finding] {
        guard view.root >= 0, readsEverything || SettingFilter(view: view).mayHoldSettings() else { return [] }
        visit(view.root, depth: 0)
        let places = Set(settings.findings.map(\.range))
        return settings.findings + texts.filter { !places.contains($0.range) }
    }

    /// The images that a chart's values give to containers in environment variables, arguments and annotations, besides
    /// those that were found. Texts are read as values are.
    static func findings(inValues view: YAMLView, except found: [Finding]) -> [Finding] {
        guard view.root >= 0 else { return [] }
        var scanner = ResourceSettingScanner(view: view)
        scanner.readsTexts = false
        scanner.visit(view.root, depth: 0)
        let known = Set(found.map(\.range))
        return (scanner.settings.findings + scanner.texts).filter { !known.contains($0.range) }
    }

    // MARK: - Walking

    private mutating func visit(_ index: Index, depth: Int) {
        let target = document.resolved(index)
        let node = document[target]
        // Only aliases lead to the same place twice.
        guard depth < YAMLParser.depthLimit, node.kind != .scalar, target == index || visited.insert(target).inserted
        else { return }
        switch node.kind {
        case .mapping: mapping(target, depth: depth)
        case .sequence: items(of: target, depth: depth)
        default: return
        }
    }

    private mutating func mapping(_ mapping: Index, depth: Int) {
        let resource = ResourceOwner(of: mapping, in: view)
        guard resource != nil || filling.parameters.isUsed else { return entries(of: mapping, depth: depth) }
        let outer = (owner, filling)
        defer { (owner, filling) = outer }
        owner = resource ?? owner
        filling.enter(mapping, in: view)
        entries(of: mapping, depth: depth)
    }

    private mutating func entries(of mapping: Index, depth: Int) {
        var name = document[mapping].first
        while name >= 0 {
            let value = document[name].next
            guard value >= 0 else { return }
            if depth > 0 || !document.isText(name, "status") { entry(name, value, in: mapping, depth: depth) }
            name = document[value].next
        }
    }

    private mutating func items(of sequence: Index, depth: Int) {
        var item = document[sequence].first
        while item >= 0 {
            if depth == 0 { patch(item) }
            self.item(item)
            visit(item, depth: depth + 1)
            item = document[item].next
        }
    }

    private mutating func entry(_ name: Index, _ value: Index, in mapping: Index, depth: Int) {
        switch document.kind(value) {
        case .sequence: list(name, value, of: mapping)
        case .mapping where !document.isKey(name, maybeIn: Self.mappings): break
        case .mapping where document.isText(name, "annotations"): return annotations(value)
        case .mapping where holdsFiles(name, of: mapping): return data(value, of: mapping)
        case .scalar where holdsRunners(value): runners(value)
        case .scalar where readsTexts && (document.isBlock(value) || isOneLine(name, value)):
            text(name, value, of: mapping)
        default: break
        }
        visit(value, depth: depth + 1)
    }

    private static let mappings = KeySet(["annotations", "data", "stringData"])

    /// Charts have lists of their own: `extraEnv`, `extraArgs`.
    private mutating func list(_ name: Index, _ value: Index, of mapping: Index) {
        guard mayEndAsList(name), let name = document.string(name)?.lowercased() else { return }
        let (isEnvironment, isArguments) = (
            name.hasSuffix("env") || name.hasSuffix("envvars"), name.hasSuffix("args") || name == "command"
        )
        if Self.commandLists.contains(name), readsTexts {
            for item in document.items(value) { script(item, of: mapping) }
        }
        guard isEnvironment || isArguments, lists.insert(document.resolved(value)).inserted else { return }
        if isEnvironment { readVariables(document.items(value), of: mapping) }
        if isArguments { arguments(document.items(value), of: mapping) }
    }

    /// Lists of commands that a machine runs when it joins a cluster (cluster-api.sigs.k8s.io, "KubeadmConfig").
    private static let commandLists: Set<String> = ["prekubeadmcommands", "postkubeadmcommands"]

    /// Most lists have other names, and their keys need not be decoded.
    private func mayEndAsList(_ name: Index) -> Bool {
        let node = document[name]
        guard node.kind == .scalar, node.style == .plain, node.start < node.end else { return true }
        return Self.listEnds.contains(document.bytes[Int(node.end) - 1])
    }

    /// Of `env`, `envVars`, `args` and `command`.
    private static let listEnds = Set("vVsSdD".utf8)

    /// Whether a key of a resource leads to settings and files: those of a ConfigMap, or of a Secret that is written plainly.
    private func holdsFiles(_ name: Index, of mapping: Index) -> Bool {
        let kind = document.isText(name, "data") ? "ConfigMap" : document.isText(name, "stringData") ? "Secret" : nil
        guard let kind else { return false }
        return document.value("kind", in: mapping).map { document.isText($0, kind) } == true
    }

    /// Whether the name of a ConfigMap says that it holds only images: `transformations-images`.
    private func isImageList(_ resource: Index) -> Bool {
        document.value(at: ["metadata", "name"], in: resource).flatMap(document.string).map(ImageText.isImageListName)
            ?? false
    }

    /// Whether a value is a script on one line, or a quoted manifest with escaped line breaks.
    private func isOneLine(_ name: Index, _ value: Index) -> Bool {
        guard owner != nil else { return false }
        if document.isKey(name, maybeIn: Self.textKeys), Self.texts.contains(where: { document.isText(name, $0) }) {
            return true
        }
        let node = document[document.resolved(value)]
        return node.style != .plain && node.end - node.start > Self.shortestManifest && isManifest(value)
    }

    static let texts = ["script", "source", "podSpecPatch"]
    private static let textKeys = KeySet(texts)
    /// Bytes of the shortest manifest: `apiVersion: v1`, a kind, and an image.
    static let shortestManifest: Int32 = 32

    /// Whether a text is the configuration of GitLab's runners, such as `config.toml` of a ConfigMap, and `runners.config`
    /// of the runner's chart (docs.gitlab.com/runner, "GitLab Runner Helm chart").
    private func holdsRunners(_ value: Index) -> Bool {
        let node = document[document.resolved(value)]
        return (node.style == .literal || node.style == .folded)
            && ByteSearch.contains(Self.runners, in: document.bytes, node.contentRange)
    }

    private static let runners = SearchWord("[[runners]]")

    private mutating func runners(_ value: Index) {
        guard let text = view.text(value) else { return }
        for finding in TOMLScanner.scan(text, kind: .gitlabRunner).findings {
            var finding = view.opened(finding)
            (finding.kind, finding.owner) = (.kubernetesText, owner)
            texts.append(finding)
        }
    }

    // MARK: - Environment and arguments

    /// - Parameter container: the mapping with the list, if it is a container.
    mutating func readVariables(_ items: [Index], of container: Index? = nil) {
        defer { filling.leaveContainer() }
        let container = container.flatMap { document.value("name", in: $0) }.flatMap(document.string)
        for item in items {
            defer { if usesVariables { filling.add(item, in: view) } }
            guard let name = document.value("name", in: item), mayMentionImage(name),
                let name = document.string(name)
            else { continue }
            let before = settings.findings.count
            for value in view.values("value", in: item) { setting(name, value) }
            guard let container, settings.findings.count > before else { continue }
            settings.change(from: before) { $0.container = Finding.container(container, variable: name) }
        }
    }

    /// Most variables do not, and their names need not be decoded.
    private func mayMentionImage(_ name: Index) -> Bool {
        let node = document[name]
        guard node.kind == .scalar, node.style == .plain else { return true }
        return ImageText.mentionsImage(bytes: document.bytes[node.contentRange])
    }

    /// Adds a value whose name says that it holds one image, or several.
    mutating func setting(_ name: String, _ value: Index) {
        guard ImageText.mentionsImage(name), let text = view.text(value) else { return }
        if ImageText.isImageName(name) || ImageText.reference(of: text.string, namedBy: name) != nil {
            return add(text, at: value)
        }
        if ImageText.isImageListName(name) { add(list: text, at: value) }
    }

    /// Adds the images of a list, which may have names: `a=quay.io/acme/a:1,b=quay.io/acme/b:1`.
    private mutating func add(list text: TracedText, at value: Index) {
        for word in text.words(between: " \t\r\n,;=\"'") where ImageText.isListed(word.string) { add(word, at: value) }
    }

    private mutating func add(_ text: TracedText, at value: Index) {
        let written = view.unmasked(text)
        guard let readings = filling.readings(of: written) else { return add(plain: text, at: value) }
        filling.shared(by: written).forEach { shared.add($0) }
        settings.append(readings.compactMap { finding($0, of: written, at: value) })
    }

    /// An image in which something was filled in. What has no value leaves it open.
    private func finding(_ filled: Variables.Filled, of text: TracedText, at value: Index) -> Finding? {
        let variable = filled.missing ?? TemplateText.variable(in: filled.text.string)
        guard variable != nil || ImageText.reference(ofSetting: filled.text.string) != nil else { return nil }
        var finding = view.finding(
            .kubernetesSetting, at: value, written: text, meaning: filled.text, variable: variable, owner: owner,
            isFilledIn: true)
        finding?.deciders = filled.deciders
        return finding
    }

    private mutating func add(plain text: TracedText, at value: Index) {
        let isOpen = view.fileText(view.place(of: value)).contains { $0 == "{" || $0 == "$" }
        guard isOpen || ImageText.reference(ofSetting: text.string) != nil,
            let finding = view.finding(.kubernetesSetting, at: value, written: text, meaning: text, owner: owner)
        else { return }
        if finding.reference != nil, ImageText.reference(ofSetting: text.string) == nil { return }
        settings.append(finding)
    }

    /// Any number of containers may have the same list, by aliases.
    private mutating func readEnvironment(of container: Index) {
        guard usesVariables, let list = document.value("env", in: container).map(document.resolved) else { return }
        if let known = environments[list] { return filling.enterContainer(known) }
        filling.enterContainer(withEnvironment: list, in: view)
        environments[list] = filling.environment
    }

    /// Reads `--x-image=…` and `--images=NAME=…`, and `--x-image` with its value in the next argument.
    ///
    /// - Parameter container: the mapping with the arguments and their environment.
    mutating func arguments(_ items: [Index], of container: Index? = nil) {
        if let container { readEnvironment(of: container) }
        defer { filling.leaveContainer() }
        for (position, item) in items.enumerated() {
            guard let text = view.text(item), text.bytes.first == UInt8(ascii: "-") else { continue }
            if let (name, value) = text.cut(at: UInt8(ascii: "=")) {
                argument(name.string, value, at: item)
            } else if position + 1 < items.count, Self.mayTakeImage(text.string),
                let value = view.text(items[position + 1])
            {
                argument(text.string, value, at: items[position + 1])
            }
        }
    }

    private mutating func argument(_ option: String, _ value: TracedText, at place: Index) {
        guard Self.mayTakeImage(option) else { return }
        let name = option.drop { $0 == "-" }
        // If the name has "image" elsewhere (`-shell-image-win`), the value must also look like an image.
        if PublishedRules.nameArguments.contains(String(name)), !ReferenceBounds(value.bytes).hasVersion {
            guard var finding = view.finding(.kubernetesSetting, at: place, name: value, lacking: "version") else {
                return
            }
            finding.owner = owner
            return settings.append(finding)
        }
        let isNamed = ImageText.isImageName(name) || PublishedRules.arguments.contains(String(name))
        if isNamed || ImageText.reference(of: value.string, namedBy: name) != nil {
            add(value, at: place)
        } else if ImageText.isImageListName(name) {
            add(list: value, at: place)
        }
    }

    private static func mayTakeImage(_ option: String) -> Bool {
        ImageText.mentionsImage(option) || PublishedRules.arguments.contains(String(option.drop { $0 == "-" }))
    }

    // MARK: - Texts

    mutating func annotations(_ mapping: Index) {
        for (key, value) in document.entries(mapping) {
            document.string(key).map { annotation($0, value, in: mapping) }
        }
    }

    /// - Parameter mapping: the node in which a version may be.
    mutating func annotation(_ name: String, _ value: Index, in mapping: Index) {
        switch PublishedRules.annotations[name] {
        case .image(let prefix):
            guard let text = view.text(value), text.bytes.starts(with: prefix.utf8) else { return }
            add(text.without(prefix: prefix), at: value)
        case .name(let version):
            if let text = view.text(value) { add(text, at: value, version: version, in: mapping) }
        case .containers: embedded(value, .keys)
        case .manifests:
            embedded(value, .manifests)
            embedded(value, .keys)
        case nil: return
        }
    }

    /// Adds an image whose version is in a separate annotation. If that is absent, the program uses its own version.
    private mutating func add(_ text: TracedText, at value: Index, version: String, in mapping: Index) {
        let bounds = ReferenceBounds(text.bytes)
        guard !bounds.hasVersion else { return add(text, at: value) }
        let tag = document.value(version, in: mapping).flatMap { view.text($0) }
        let whole = tag.flatMap { PulledFields(["image": text, "tag": $0]).finding(.kubernetesSetting) }
        guard var finding = whole ?? view.finding(.kubernetesSetting, at: value, name: text, lacking: version) else {
            return
        }
        finding.owner = owner
        settings.append(finding)
    }

    /// The key under which Knative explains the settings of a ConfigMap.
    private static let documentation = "_example"

    private mutating func data(_ mapping: Index, of resource: Index) {
        let isList = isImageList(resource)
        for (key, value) in document.entries(mapping) {
            guard let name = document.string(key), name != Self.documentation else { continue }
            // In such a list, the keys are the names of the images.
            setting(isList && !ImageText.mentionsImage(name) ? "images" : name, value)
            guard document.isLines(value) else { continue }
            if holdsRunners(value) {
                runners(value)
            } else if ValuesKey.isPlain(name) || isValues(value, of: name) {
                embedded(value, .values)
            } else if name.hasSuffix(".sh") || isScript(value) {
                script(value, of: mapping)
            } else {
                embedded(value, isManifest(value) ? .manifests : .keys)
            }
        }
    }

    /// Whether a text begins as a script. Texts in blocks, by far the most, are not decoded for that.
    private func isScript(_ value: Index) -> Bool {
        guard document.isBlock(value) else { return document.string(value)?.hasPrefix("#!") == true }
        let node = document[document.resolved(value)]
        return document.bytes[node.contentRange].dropFirst(Int(node.contentIndent)).starts(with: "#!".utf8)
    }

    /// Whether a release takes a chart's values from a key of the current resource. The key is noted if it may hold some.
    private mutating func isValues(_ value: Index, of key: String) -> Bool {
        guard let owner, let resource = owner.name, Self.mayBeValues(document[document.resolved(value)], in: document)
        else {
            return false
        }
        let held = ValuesKey(kind: owner.kind, name: resource, key: key)
        heldValues.insert(held)
        return knownValues.contains(held)
    }

    /// Searches the bytes of the text first, because most texts are something else.
    private static func mayBeValues(_ node: YAMLNode, in document: YAMLDocument) -> Bool {
        node.contentRange.count < longestValues
            && EmbeddedDocument.mayHoldImages(node.contentRange, of: document.bytes)
    }

    private static let longestValues = 1 << 20

    /// Reads a manifest that is a text inside a resource (Argo's `resource.manifest` and `podSpecPatch`, a patch, a
    /// file in a chart's values), or the shell text of a step.
    private mutating func text(_ name: Index, _ value: Index, of mapping: Index) {
        let isStep = document.isText(name, "script") || document.isText(name, "source")
        if isStep, !(isManifest(value) && isResource(value)) {
            script(value, of: mapping)
        } else if isManifest(value) || isNamedYAML(name) || document.isText(name, "podSpecPatch") {
            embedded(value, .manifests)
        }
    }

    /// Reads a list's item that is a resource as one text, as charts take more resources: `extraDeploy`.
    private mutating func item(_ value: Index) {
        guard readsTexts, document.kind(value) == .scalar, document.isBlock(value), isManifest(value), isResource(value)
        else {
            return
        }
        embedded(value, .manifests)
    }

    /// Whether a text is a resource from its beginning. Shell text may contain one between `<<EOF` and `EOF`.
    private func isResource(_ value: Index) -> Bool {
        guard let text = view.text(value) else { return false }
        return YAMLView.first(of: text.bytes) { ResourceOwner(of: $0.root, in: $0) != nil } ?? false
    }

    /// Whether the key is the name of a YAML file. The file may hold containers without the resource around them.
    private func isNamedYAML(_ name: Index) -> Bool {
        document.string(name).map { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") } ?? false
    }

    /// Searches the bytes of the text first, because most long texts are descriptions and need not be decoded.
    private func isManifest(_ value: Index) -> Bool {
        let range = document[document.resolved(value)].contentRange
        return [Self.apiVersion, Self.kind].allSatisfy { ByteSearch.contains($0, in: document.bytes, range) }
    }

    private static let (apiVersion, kind) = (SearchWord("apiVersion"), SearchWord("kind"))

    /// A text in a block is in the document as it is, except for its indentation, and need not be decoded to be searched.
    private func mayHoldImages(_ text: Index) -> Bool {
        let node = document[document.resolved(text)]
        return !document.isBlock(text) || EmbeddedDocument.mayHoldImages(node.contentRange, of: document.bytes)
    }

    private mutating func embedded(_ value: Index, _ content: EmbeddedDocument.Content) {
        guard textDepth < Self.textLimit, mayHoldImages(value), let text = view.text(value) else { return }
        let plain = EmbeddedDocument.withoutSubstitutions(text)
        let found = EmbeddedDocument.findings(
            in: plain, of: view.file, content, kind: .kubernetesText, depth: textDepth, isTemplate: view.isTemplate)
        for var finding in found {
            finding.owner = finding.owner ?? owner
            texts += filling.filled(finding, in: view)
        }
    }

    /// Reads shell text with the environment and the parameters of the container that runs it.
    private mutating func script(_ value: Index, of container: Index) {
        guard let plain = view.text(value), !plain.bytes.starts(with: "#!/usr/bin/env python".utf8) else { return }
        let variables = ContainerVariables(of: container, filling.parameters, in: view)
        let filled = variables.asShell(view.unmasked(plain))
        let haveValues = filling.parameters.haveBraces && !filling.parameters.placeholders.areIn(filled)
        // A shell would split words at the blanks of a template action.
        let isMasked = view.isTemplate && !haveValues
        var shell = ShellScanner(.kubernetesText)
        shell.variables = variables.values
        shell.read(SourceText(isMasked ? variables.asShell(plain) : filled))
        let found = shell.finished(in: view.file)
        found.shared.forEach { shared.add($0) }
        overrides += found.overrides
        for finding in found.findings.written(in: view.file) {
            var finding = isMasked ? view.opened(finding) : finding
            finding.owner = owner
            if let name = finding.unresolved.flatMap({ variables.parameters[$0] }) {
                finding.meaning = .unresolved(name)
            }
            texts.append(finding)
        }
    }
}

extension ResourceOwner {
    /// The resource that a mapping declares; nil if the mapping is not a resource.
    init?(of mapping: YAMLDocument.Index, in view: YAMLView) {
        let document = view.document
        // Few mappings are resources. Most of them lack `apiVersion`, so it is checked first.
        guard document.value("apiVersion", in: mapping) != nil,
            let kind = document.value("kind", in: mapping).flatMap(document.string)
        else { return nil }
        func metadata(_ key: String) -> String? {
            document.value(at: ["metadata", key], in: mapping).map { view.fileText(view.place(of: $0)) }
        }
        self.init(namespace: metadata("namespace"), kind: kind, name: metadata("name") ?? metadata("generateName"))
    }
}

extension TracedText {
    /// The words separated by any byte of `separators`.
    func words(between separators: String) -> [TracedText] {
        let marks = Array(separators.utf8)
        return bytes.indices.split { marks.contains(bytes[$0]) }.compactMap { word in
            guard let first = word.first, let last = word.last else { return nil }
            return self[first..<last + 1]
        }
    }
}
