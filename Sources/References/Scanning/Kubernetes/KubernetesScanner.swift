// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds the images of Kubernetes resources, and of any other document with container lists.
struct KubernetesScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    var rules: [ResourceRule] = []
    /// By task name, the parameters that are images according to other files.
    var knownTasks: [String: Set<String>] = [:]
    /// What this document says about tasks.
    var tasks = TaskUse()
    private(set) var findings: [Finding] = []
    /// Problems and shared bytes of Dockerfiles in resources, and shared bytes of container commands.
    var built = ScanResult()
    /// The findings in container commands.
    var commands = ContainerCommands()
    /// The fields of mappings that may be parts of the image in them. A mapping may hold the key of an image many times.
    private var fields: [Index: [String]] = [:]
    /// The positions in `findings`, by the places of their first bytes and their meanings.
    private var seen: [Int: [Finding.Meaning: Int]] = [:]
    private(set) var parameters = ResourceParameters()
    private var visited: Set<Index> = []
    /// The resources that were searched. A list may contain aliases of the same resource.
    private var searched: Set<Index> = []
    /// The places that the current rule has reached.
    private var followed: Set<Place> = []
    private(set) var identity: ResourceIdentity?
    private(set) var owner: ResourceOwner?
    /// The node at which the current resource begins.
    private var start: Index?
    private var running = RunningImages()
    /// Whether the current container takes only what is on its machine.
    private var isNeverPulled = false
    /// Whether the image of the current container is replaced in the cluster.
    private var isTriggered = false
    /// The containers of the current resource whose images are replaced in the cluster.
    private var triggered: Set<Index> = []
    /// The mappings with values of charts in the current resource.
    private var values: Set<Index> = []

    init(view: YAMLView, rules: [ResourceRule] = []) {
        self.view = view
        self.rules = rules
    }

    private struct Place: Hashable {
        let index: Index
        let step: Int
    }

    var document: YAMLDocument { view.document }

    mutating func scan() {
        guard view.root >= 0 else { return }
        resource(view.root)
    }

    // MARK: - Resources

    private mutating func resource(_ index: Index) {
        guard searched.insert(document.resolved(index)).inserted else { return }
        let outer = (identity, owner, start, running, parameters, values, triggered)
        defer { (identity, owner, start, running, parameters, values, triggered) = outer }
        identify(index)
        start = index
        values = Set(chartValues(of: index).map(document.resolved))
        parameters = ResourceParameters(group: identity?.group ?? "", resource: index, in: view)
        if let identity, identity.kind.hasSuffix("List"), let items = document.value("items", in: index) {
            for item in document.items(items) { resource(item) }
            return
        }
        if identity?.kind == "CustomResourceDefinition" { return }
        if identity == nil, document.value("schema", in: index).map({ document.isText($0, "olm.bundle") }) == true {
            return bundle(index)
        }
        if identity?.kind == "Pod" { running = RunningImages(pod: index, in: document) }
        if document.kind(index) == .sequence, identity == nil { return patches(index) }
        for rule in rules where rule.applies(to: identity) { follow(rule, from: index) }
        for rule in identity.flatMap({ PublishedRules.resources[$0.group] }) ?? [] { follow(rule, from: index) }
        visit(index, key: nil, isBelowSpec: false, depth: 0)
        embeddedValues(index)
        referredValues(of: index)
        versioned(index)
        dockerfile(in: index)
        imageStream(index)
    }

    private var isTemplate: Bool { identity == ResourceIdentity(group: "template.openshift.io", kind: "Template") }

    /// Visits an object of an OpenShift Template. It is a resource of its own, but uses the template's parameters.
    private mutating func object(_ index: Index) {
        guard searched.insert(document.resolved(index)).inserted else { return }
        let outer = (identity, owner, start, triggered)
        defer { (identity, owner, start, triggered) = outer }
        identify(index)
        start = index
        // Before OpenShift's API had groups, the version of every resource was "v1".
        if identity?.group.isEmpty != false {
            let group = identity?.kind == "BuildConfig" ? "build.openshift.io" : "template.openshift.io"
            identity = ResourceIdentity(group: group, kind: identity?.kind ?? "")
        }
        visit(index, key: nil, isBelowSpec: false, depth: 0)
        dockerfile(in: index)
        imageStream(index)
    }

    private mutating func identify(_ index: Index) {
        triggered = ImageTriggers.containers(of: index, in: view)
        identity = ResourceIdentity(of: index, in: document)
        guard let kind = identity?.kind else { return }
        let metadata = document.value("metadata", in: index)
        func metadataText(_ key: String) -> String? {
            metadata.flatMap { document.value(key, in: $0) }.map { view.fileText(view.place(of: $0)) }
        }
        owner = ResourceOwner(
            namespace: metadataText("namespace"), kind: kind, name: metadataText("name") ?? metadataText("generateName")
        )
    }

    /// Whether keys called `image` are images in this resource. They are in API groups with a domain. Kubernetes' own
    /// groups without a dot have no such keys; Skaffold's have. In kops they may be machine images, and rules name the
    /// others.
    private var isCustom: Bool {
        guard let group = identity?.group, group.contains(".") else {
            return identity?.group.hasPrefix("skaffold") == true
        }
        return group != "kops.k8s.io"
    }

    // MARK: - Container lists

    private mutating func visit(_ index: Index, key: Index?, isBelowSpec: Bool, depth: Int) {
        let target = document.resolved(index)
        let node = document[target]
        guard depth < YAMLParser.depthLimit else { return }
        switch node.kind {
        case .sequence:
            guard target == index || visited.insert(target).inserted else { return }
            if let key, isContainerList(key) {
                let isReplaced = !document.isText(key, "ephemeralContainers")
                for item in document.items(target) { container(item, isReplaced: isReplaced) }
            } else if let key, document.isText(key, "volumes") {
                for item in document.items(target) { volume(item) }
            }
            var item = node.first
            while item >= 0 {
                visit(item, key: nil, isBelowSpec: isBelowSpec, depth: depth + 1)
                item = document[item].next
            }
        case .mapping:
            guard target == index || visited.insert(target).inserted else { return }
            let outer = parameters
            defer { if parameters.isUsed { parameters = outer } }
            if parameters.isUsed { parameters.enter(target, in: view) }
            dockerImage(target)
            if isTekton {
                bundle(resolvedBy: target)
                readGiven(by: target)
            }
            var name = node.first
            while name >= 0 {
                let value = document[name].next
                entry(name, value, in: target, isBelowSpec: isBelowSpec, depth: depth)
                name = document[value].next
            }
        default: return
        }
    }

    private mutating func entry(
        _ name: Index, _ value: Index, in mapping: Index, isBelowSpec: Bool, depth: Int
    ) {
        // The status is what the cluster reports, not what is requested. It repeats the images.
        if depth == 0, document.isText(name, "status") { return }
        if isPattern(name) { return }
        if depth == 0, isTemplate, document.isText(name, "objects") {
            for item in document.items(value) { object(item) }
            return
        }
        if document.isText(name, "command") || document.isText(name, "args") { command(of: mapping) }
        if document.isText(name, "utility_images") { utilities(value) }
        if isBelowSpec, document.isText(name, "image"), isCustom, !saysVersions {
            // Kubernetes' own ImageVolumeSource also has this shape.
            let isVolume = document.kind(value) == .mapping
            let image = isVolume ? document.value("reference", in: value) : value
            if let image, document.kind(image) == .scalar { custom(image, in: isVolume ? value : mapping) }
        }
        if values.contains(document.resolved(value)) { return visit(values: value, key: name, depth: depth + 1) }
        visit(value, key: name, isBelowSpec: isBelowSpec || document.isText(name, "spec"), depth: depth + 1)
    }

    /// Whether a key's value is compared with images and not pulled (kyverno.io, "Validate Rules").
    private func isPattern(_ name: Index) -> Bool {
        identity?.group == "kyverno.io" && (document.isText(name, "pattern") || document.isText(name, "anyPattern"))
    }

    /// Visits a chart's values, which may hold containers. Other keys mean what they mean to the chart.
    private mutating func visit(values: Index, key: Index, depth: Int) {
        let outer = identity
        defer { identity = outer }
        identity = nil
        visit(values, key: key, isBelowSpec: false, depth: depth)
    }

    /// Adds the images that Prow puts around jobs, in its own settings and in those of a job (docs.prow.k8s.io, "Pod
    /// Utilities").
    private mutating func utilities(_ images: Index) {
        for tool in ["clonerefs", "initupload", "entrypoint", "sidecar"] {
            if let image = document.value(tool, in: images) { custom(image) }
        }
    }

    private func isContainerList(_ key: Index) -> Bool {
        document.isText(key, "containers") || document.isText(key, "initContainers")
            || document.isText(key, "ephemeralContainers")
    }

    /// - Parameter isReplaced: whether the list is one in which kustomizations replace images.
    private mutating func container(_ item: Index, isReplaced: Bool) {
        guard document.kind(item) == .mapping else { return }
        let images = view.values("image", in: item)
        guard !images.isEmpty else { return }
        let name = document.value("name", in: item).flatMap(document.string)
        isNeverPulled = document.value("imagePullPolicy", in: item).map { document.isText($0, "Never") } ?? false
        isTriggered = triggered.contains(document.resolved(item))
        defer { (isNeverPulled, isTriggered) = (false, false) }
        for image in images {
            // Istio's injection replaces `auto` with the image of its sidecar.
            if name == "istio-proxy", document.isText(image, "auto") { continue }
            add(image, of: name.flatMap { running[$0] }, named: name, isOfContainer: isReplaced)
        }
    }

    /// Adds an image that OpenShift references outside of the cluster: `{kind: DockerImage, name: …}` (ObjectReference
    /// of its API).
    private mutating func dockerImage(_ mapping: Index) {
        guard identity?.group.hasSuffix("openshift.io") == true, let kind = document.value("kind", in: mapping),
            document.isText(kind, "DockerImage"),
            let name = document.value("name", in: mapping), document.kind(name) == .scalar
        else { return }
        custom(name)
    }

    /// Adds a task or a pipeline that is pulled as an image: `{resolver: bundles, params: [{name: bundle, value: …}]}`
    /// (tekton.dev, "Bundles Resolver").
    private mutating func bundle(resolvedBy mapping: Index) {
        guard let resolver = document.value("resolver", in: mapping), document.isText(resolver, "bundles") else {
            return
        }
        for item in document.value("params", in: mapping).map(document.items) ?? [] {
            guard let name = document.value("name", in: item), document.isText(name, "bundle") else { continue }
            document.value("value", in: item).map { add($0) }
        }
    }

    /// Adds the image of an image volume: `image: {reference: …}`.
    private mutating func volume(_ item: Index) {
        guard let image = document.value("image", in: item), document.kind(image) == .mapping,
            let reference = document.value("reference", in: image)
        else { return }
        add(reference, isOfContainer: true)
    }

    /// Adds the value of a key called `image` in a custom resource. It must look like a reference, or contain a
    /// placeholder.
    ///
    /// - Parameter mapping: the mapping whose other fields may be parts of the image.
    private mutating func custom(_ value: Index, in mapping: Index? = nil) {
        guard let text = document.string(value), !isProduct(value) else { return }
        let isTemplate = view.fileText(view.place(of: value)).contains { $0 == "$" || $0 == "{" }
        guard isTemplate || ImageName.reference(text) != nil else { return }
        if isTemplate { noteParameter(of: text) }
        if !isTemplate, let mapping, let field = field(completing: text, in: mapping) {
            return add(value, completedBy: field)
        }
        add(value)
    }

    /// The field beside an image that may be a part of it. Each operator decides what it means.
    private mutating func field(completing image: String, in mapping: Index) -> String? {
        let present =
            fields[mapping]
            ?? (Self.fronts + Self.versions).filter { name in
                document.value(name, in: mapping).map(document.kind) == .scalar
            }
        fields[mapping] = present
        let hasVersion = ReferenceBounds(Array(image.utf8)).hasVersion
        let hasHost = ImageText.hasHost(image)
        return present.first { Self.fronts.contains($0) ? !hasHost : !hasVersion }
    }

    private static let fronts = ["registry", "repository", "hub"]
    private static let versions = ["tag", "imageTag", "image_tag", "imageVersion", "version", "digest"]

    /// Adds an image of which another field may be a part, unless a rule says what it is. Only a name with a host is known.
    private mutating func add(_ value: Index, completedBy field: String) {
        guard seen[view.place(of: value).lowerBound] == nil, let name = view.text(value),
            var finding = view.finding(.kubernetes, at: value, name: name, lacking: field, owner: owner)
        else { return }
        if !ImageText.hasHost(name.string) { finding.parts = [] }
        append(finding)
    }

    /// Adds a value that is given to a task by a mapping that runs the task.
    mutating func add(given value: Index) {
        for var finding in meanings(of: value, "") {
            finding.kind = .kubernetesSetting
            append(finding)
        }
    }

    private func isProduct(_ value: Index) -> Bool {
        let products = ResourceRule.products.filter { $0.applies(to: identity) }
        guard !products.isEmpty else { return false }
        var probe = KubernetesScanner(view: view)
        for rule in products { probe.follow(rule, from: start ?? view.root) }
        return probe.seen[view.place(of: value).lowerBound] != nil
    }

    // MARK: - Rules

    private mutating func follow(_ rule: ResourceRule, from index: Index) {
        followed = []
        follow(rule.path[...], from: index, rule, depth: 0)
    }

    private mutating func follow(
        _ path: ArraySlice<ResourceRule.Step>, from index: Index, _ rule: ResourceRule, depth: Int
    ) {
        // Aliases may lead to the same place any number of times.
        guard depth < YAMLParser.depthLimit,
            followed.insert(Place(index: document.resolved(index), step: path.startIndex)).inserted
        else { return }
        if document.kind(index) == .sequence {
            for item in document.items(index) { follow(path, from: item, rule, depth: depth + 1) }
            return
        }
        guard let step = path.first else {
            if document.kind(index) == .scalar { add(index, prefix: rule.prefix) }
            return
        }
        let rest = path.dropFirst()
        switch step {
        case .key(let name):
            if let value = document.value(name, in: index) { follow(rest, from: value, rule, depth: depth + 1) }
        case .any:
            for (_, value) in document.entries(index) { follow(rest, from: value, rule, depth: depth + 1) }
        case .anyDepth:
            follow(rest, from: index, rule, depth: depth + 1)
            for (_, value) in document.entries(index) { follow(path, from: value, rule, depth: depth + 1) }
        }
    }

    /// Reads a JSON patch: `[{op, path: …/image, value}]`.
    private mutating func patches(_ index: Index) {
        for item in document.items(index) {
            guard let operation = document.value("op", in: item), let path = document.value("path", in: item),
                let value = document.value("value", in: item)
            else {
                // A list of complete resources, for example the examples in an annotation.
                if document.value("apiVersion", in: item) != nil {
                    resource(item)
                } else {
                    visit(item, key: nil, isBelowSpec: false, depth: 0)
                }
                continue
            }
            let before = findings.count
            patched(value, at: document.string(path) ?? "")
            guard document.isText(operation, "test") else { continue }
            for position in before..<findings.count {
                (findings[position].isCompared, findings[position].isBuilt) = (true, true)
            }
        }
    }

    private mutating func patched(_ value: Index, at path: String) {
        if document.kind(value) != .scalar {
            patch(value, at: path)
            visit(value, key: nil, isBelowSpec: false, depth: 0)
        } else if path.hasSuffix("/image"),
            path.contains("ontainers/") || ImageName.isLikely(document.string(value) ?? "")
        {
            add(value, isOfContainer: Self.isOfContainers(path))
        }
    }

    /// Reads a patch value that replaces a list of containers or volumes, or one item of such a list.
    private mutating func patch(_ value: Index, at path: String) {
        let isList = document.kind(value) == .sequence
        let items = isList ? document.items(value) : [value]
        for item in items where isList ? path.hasSuffix("/volumes") : path.contains("/volumes/") { volume(item) }
        for item in items where isList ? path.hasSuffix("ontainers") : isContainer(item, at: path) {
            container(item, isReplaced: Self.isOfContainers(path))
        }
    }

    /// Whether a patch changes a list in which kustomizations replace images.
    private static func isOfContainers(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0 == "containers" || $0 == "initContainers" }
    }

    private func isContainer(_ value: Index, at path: String) -> Bool {
        path.contains("ontainers/") || isLikelyContainer(value)
    }

    /// Whether a patch's value has an `image` that looks like one. Scorecard's tests have this form.
    private func isLikelyContainer(_ value: Index) -> Bool {
        document.value("image", in: value).flatMap(document.string).map(ImageName.isLikely) ?? false
    }

    /// Adds the images of a bundle in a file-based catalog (olm.operatorframework.io, "File-based catalogs").
    private mutating func bundle(_ index: Index) {
        let related = document.value("relatedImages", in: index).map(document.items) ?? []
        for holder in [index] + related { document.value("image", in: holder).map { add($0) } }
    }

    /// Finds images in chart values inside a resource.
    private mutating func embeddedValues(_ index: Index) {
        for values in chartValues(of: index) {
            var helm = HelmValuesScanner(view: view, root: values, owner: owner)
            helm.needsHub = isIstio
            helm.scan()
            helm.findings.forEach { append($0) }
            let others = ValueOverrides.findings(in: view, below: values, owner: owner, except: helm.findings)
            others.forEach { append($0) }
        }
    }

    /// The mappings with chart values in resources such as Flux' HelmRelease and Argo CD's Application.
    private func chartValues(of index: Index) -> [Index] {
        let paths: [[String]] =
            switch (identity?.group, identity?.kind) {
            case ("helm.toolkit.fluxcd.io", "HelmRelease"), ("helm.cattle.io", _): [["spec", "values"]]
            case ("argoproj.io", _): Self.argoSources.map { $0 + ["helm", "valuesObject"] }
            // The hub and the tag beside the values are those of the values, too (istio.io, "IstioOperator Options").
            case _ where isIstio: [["spec"]]
            default: []
            }
        return paths.flatMap { document.values(at: $0[...], in: index) }.filter { document.kind($0) == .mapping }
    }

    /// Whether Istio's operator or Sail installs Istio's charts from the resource. Its images are behind a hub.
    private var isIstio: Bool {
        ["install.istio.io", "operator.istio.io", "sailoperator.io"].contains(identity?.group)
    }

    /// The paths at which Argo CD's Application and ApplicationSet name the charts that they install: one source or a
    /// list.
    static let argoSources: [[String]] = [["spec"], ["spec", "template", "spec"]].flatMap { spec in
        [spec + ["source"], spec + ["sources"]]
    }

    private mutating func add(
        _ index: Index, prefix: String = "", of container: RunningImages.Container? = nil, named name: String? = nil,
        isOfContainer: Bool = false
    ) {
        for var finding in meanings(of: index, prefix) {
            (finding.isOfContainer, finding.container) = (isOfContainer, name)
            if let container, let reference = finding.reference {
                finding.running = container.digest(if: reference)
            }
            finding.isBuilt = isTriggered || ProductName.isPlaceholder(finding.text)
            finding.isNeverPulled = isNeverPulled
            append(finding)
        }
    }

    mutating func append(_ finding: Finding) {
        if let position = seen[finding.range.lowerBound]?[finding.meaning] {
            // A rule may have led to the same container.
            findings[position].isOfContainer = findings[position].isOfContainer || finding.isOfContainer
            findings[position].container = findings[position].container ?? finding.container
        } else {
            seen[finding.range.lowerBound, default: [:]][finding.meaning] = findings.count
            findings.append(finding)
        }
    }

    /// All possible values of a scalar: parameters are filled in, and each branch of a template is one value.
    private func meanings(of index: Index, _ prefix: String) -> [Finding] {
        if parameters.isUsed, let text = view.written(index), let filled = parameters.fill(text) {
            return filled.compactMap { filled in
                var finding = view.finding(
                    .kubernetes, at: index, written: text, meaning: filled.text, variable: filled.missing, owner: owner,
                    isFilledIn: true)
                finding?.deciders = filled.deciders
                return finding
            }
        }
        let branches = view.isTemplate ? TemplateBranches.found(view, index) : TemplateBranches.Found()
        let literals = branches.literals.compactMap {
            view.finding(.kubernetes, at: index, written: $0, meaning: $0, owner: owner, isFilledIn: true)
        }
        guard literals.isEmpty || branches.isOpen else { return literals }
        return literals + [view.finding(.kubernetes, at: index, prefix: prefix, owner: owner)].compactMap(\.self)
    }
}
