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
    /// Keys of other resources from which releases in this document take a chart's values.
    var takenValues: Set<ValuesKey> = []
    var findings: [Finding] = []
    /// Problems and shared bytes of Dockerfiles in resources, and shared bytes of container commands.
    var built = ScanResult()
    /// The findings in container commands.
    var commands = ContainerCommands()
    /// The fields of mappings that may be parts of the image in them. A mapping may hold the key of an image many times.
    var fields: [Index: [String]] = [:]
    /// The positions in `findings`, by the places of their first bytes and their meanings.
    var seen: [Int: [Finding.Meaning: Int]] = [:]
    private(set) var parameters = ResourceParameters()
    private var visited: Set<Index> = []
    /// The resources that were searched. A list may contain aliases of the same resource.
    private var searched: Set<Index> = []
    /// The places that the current rule has reached.
    var followed: Set<Place> = []
    private(set) var identity: ResourceIdentity?
    private(set) var owner: ResourceOwner?
    /// The node at which the current resource begins.
    var start: Index?
    private var running = RunningImages()
    /// Whether the current container takes only what is on its machine.
    private var isNeverPulled = false
    /// Whether the image of the current container is replaced in the cluster.
    private var isTriggered = false
    /// The containers of the current resource whose images are replaced in the cluster.
    private var triggered: Set<Index> = []
    /// The mappings with values of charts in the current resource.
    var values: Set<Index> = []

    init(view: YAMLView, rules: [ResourceRule] = []) {
        self.view = view
        self.rules = rules
    }

    struct Place: Hashable {
        let index: Index
        let step: Int
    }

    var document: YAMLDocument { view.document }

    mutating func scan() {
        guard view.root >= 0 else { return }
        resource(view.root)
    }

    // MARK: - Resources

    mutating func resource(_ index: Index) {
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

    /// Whether the current resource is a Template of OpenShift. Before OpenShift's API had groups, it was in none.
    var isTemplate: Bool {
        identity?.kind == "Template" && ["template.openshift.io", ""].contains(identity?.group)
    }

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

    mutating func visit(_ index: Index, key: Index?, isBelowSpec: Bool, depth: Int) {
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
            guard parameters.isUsed else {
                return entries(of: target, isBelowSpec: isBelowSpec, depth: depth)
            }
            let outer = parameters
            defer { if parameters.isUsed { parameters = outer } }
            parameters.enter(target, in: view)
            entries(of: target, isBelowSpec: isBelowSpec, depth: depth)
        default: return
        }
    }

    private mutating func entries(of mapping: Index, isBelowSpec: Bool, depth: Int) {
        dockerImage(mapping)
        if isTekton {
            bundle(resolvedBy: mapping)
            readGiven(by: mapping)
        }
        var name = document[mapping].first
        while name >= 0 {
            let value = document[name].next
            if document.isKey(name, maybeIn: Self.words) {
                entry(name, value, in: mapping, isBelowSpec: isBelowSpec, depth: depth)
            } else {
                visit(value, of: name, isBelowSpec: isBelowSpec, depth: depth)
            }
            name = document[value].next
        }
    }

    /// The keys that `entry` knows. All others only lead to what is below them.
    private static let words = KeySet([
        "status", "pattern", "anyPattern", "objects", "command", "args", "utility_images", "image", "spec",
    ])

    private mutating func visit(_ value: Index, of name: Index, isBelowSpec: Bool, depth: Int) {
        if values.contains(document.resolved(value)) { return visit(values: value, key: name, depth: depth + 1) }
        visit(value, key: name, isBelowSpec: isBelowSpec, depth: depth + 1)
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
            if isVolume, image == nil { custom(fields: value) }
        }
        visit(value, of: name, isBelowSpec: isBelowSpec || document.isText(name, "spec"), depth: depth)
    }

    /// Whether a key's value is compared with images and not pulled (kyverno.io, "Validate Rules").
    private func isPattern(_ name: Index) -> Bool {
        identity?.group == "kyverno.io" && (document.isText(name, "pattern") || document.isText(name, "anyPattern"))
    }

    /// Visits a chart's values, which may hold containers. Other keys mean what they mean to the chart.
    mutating func visit(values: Index, key: Index, depth: Int) {
        let outer = identity
        defer { identity = outer }
        identity = nil
        visit(values, key: key, isBelowSpec: false, depth: depth)
    }

    private func isContainerList(_ key: Index) -> Bool {
        document.isText(key, "containers") || document.isText(key, "initContainers")
            || document.isText(key, "ephemeralContainers")
    }

    /// - Parameter isReplaced: whether the list is one in which kustomizations replace images.
    mutating func container(_ item: Index, isReplaced: Bool) {
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

    /// Adds the image of an image volume: `image: {reference: …}`.
    mutating func volume(_ item: Index) {
        guard let image = document.value("image", in: item), document.kind(image) == .mapping,
            let reference = document.value("reference", in: image)
        else { return }
        add(reference, isOfContainer: true)
    }

    /// Adds a value that is given to a task by a mapping that runs the task.
    mutating func add(given value: Index) {
        for var finding in meanings(of: value, "") {
            finding.kind = .kubernetesSetting
            append(finding)
        }
    }

    mutating func add(
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
