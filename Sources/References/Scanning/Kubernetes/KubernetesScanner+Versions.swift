// SPDX-License-Identifier: Apache-2.0

/// Resources in which the image field holds only a name, and the tag is a version in another field.
extension KubernetesScanner {
    var saysVersions: Bool { isK0s || isUpgrade || isRepository }

    private var isK0s: Bool { identity == ResourceIdentity(group: "k0s.k0sproject.io", kind: "ClusterConfig") }
    private var isUpgrade: Bool { identity == ResourceIdentity(group: "upgrade.cattle.io", kind: "Plan") }
    private var isRepository: Bool {
        identity == ResourceIdentity(group: "image.toolkit.fluxcd.io", kind: "ImageRepository")
    }

    mutating func versioned(_ resource: Index) {
        if isK0s { images(at: ["spec", "images"], of: resource) }
        if identity?.group == "kiali.io" { images(at: ["spec", "deployment"], of: resource) }
        if identity?.group == "datadoghq.com" { agents(of: resource) }
        if isUpgrade { upgrade(resource) }
        if isRepository { repository(resource) }
        if identity?.group == "meta.pkg.crossplane.io" { dependencies(of: resource) }
    }

    /// Finds the name of which Flux lists the tags. It pulls none of them (fluxcd.io, "Image Repositories").
    private mutating func repository(_ resource: Index) {
        guard let index = document.value(at: ["spec", "image"], in: resource), let name = view.text(index),
            let finding = view.finding(.kubernetes, at: index, name: name, lacking: "tag", owner: owner)
        else { return }
        append(finding)
    }

    /// Finds the packages that a Crossplane package needs. Crossplane takes the newest version that the constraint
    /// allows. A complete version or a digest is that version itself (docs.crossplane.io, "Configuration Packages").
    private mutating func dependencies(of resource: Index) {
        for item in document.value(at: ["spec", "dependsOn"], in: resource).map(document.items) ?? [] {
            let keys = ["package", "provider", "configuration", "function"]
            guard let index = keys.lazy.compactMap({ [document] in document.value($0, in: item) }).first,
                let package = view.text(index)
            else { continue }
            let version = document.value("version", in: item).flatMap { view.text($0) }
            let whole = version.flatMap { version -> Finding? in
                guard let field = Self.field(ofVersion: version.string) else { return nil }
                return PulledFields(["image": package, field: version]).finding(.kubernetes)
            }
            guard var finding = whole ?? view.finding(.kubernetes, at: index, name: package, lacking: "version") else {
                continue
            }
            finding.owner = owner
            append(finding)
        }
    }

    /// The field of a reference that a version belongs to; nil for a constraint.
    private static func field(ofVersion version: String) -> String? {
        if version.hasPrefix("sha256:") { return "digest" }
        let core = (version.hasPrefix("v") ? version.dropFirst() : version[...]).prefix { $0 != "-" }
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        let isWhole =
            numbers.count == 3 && numbers.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
        return isWhole ? "tag" : nil
    }

    /// Finds the images that k0s and Kiali's operator run. The version beside an image is its tag. If it is absent,
    /// they use their own (docs.k0sproject.io, "Configuration options", spec.images; kiali.io, "Kiali CR Reference",
    /// spec.deployment).
    private mutating func images(at path: [String], of resource: Index) {
        guard let images = document.value(at: path, in: resource) else { return }
        var scanner = HelmValuesScanner(view: view, root: images, owner: owner)
        (scanner.tagNames, scanner.needsTags) = (["version"], true)
        scanner.scan()
        for var finding in scanner.findings {
            finding.kind = .kubernetes
            append(finding)
        }
    }

    /// Finds the images that replace those of Datadog's agents (DataDog/datadog-operator, AgentImageConfig).
    private mutating func agents(of resource: Index) {
        let registry = document.value(at: ["spec", "global", "registry"], in: resource).flatMap { view.text($0) }
        let agents = document.value(at: ["spec", "override"], in: resource).map(document.entries) ?? []
        for agent in agents.map(\.value) {
            guard let image = document.value("image", in: agent), let index = document.value("name", in: image),
                let name = view.text(index), !name.isEmpty, var finding = agentImage(image, name, at: index, registry)
            else { continue }
            finding.owner = owner
            append(finding)
        }
    }

    /// A name alone is in the registry of `spec.global`. If that is absent, the operator chooses one. What it makes of
    /// a name with a tag and without a whole path depends on its version (GetImage).
    private func agentImage(
        _ image: Index, _ name: TracedText, at index: Index, _ registry: TracedText?
    ) -> Finding? {
        let slashes = name.bytes.count { $0 == UInt8(ascii: "/") }
        let hasTag = ReferenceBounds(name.bytes).tag != nil
        if slashes > 1, hasTag { return view.finding(.kubernetes, at: index) }
        // Each of these adds something to the tag.
        let isChanged = ["jmxEnabled", "useFIPS", "full"].contains { document.value($0, in: image) != nil }
        let tag = document.value("tag", in: image).flatMap { view.text($0) }
        guard slashes == 0, !hasTag, !isChanged, let registry, let tag, !tag.isEmpty, !view.isFilledIn(index) else {
            let lacking = registry == nil ? "registry" : "tag"
            var finding = view.finding(.kubernetes, at: index, name: name, lacking: lacking)
            // The operator puts a registry in front of such a name.
            if registry == nil, slashes == 0 { finding?.parts = [] }
            return finding
        }
        return PulledFields(["registry": registry, "image": name, "tag": tag]).finding(.kubernetes)
    }

    /// Finds the images of the system upgrade controller's plans. The tag is `spec.version` with `-` in place of `+`.
    /// With a `channel`, the tag is known only once the plan runs (github.com/rancher/system-upgrade-controller,
    /// pkg/upgrade/job).
    private mutating func upgrade(_ resource: Index) {
        let version = document.value(at: ["spec", "version"], in: resource).flatMap { view.text($0) }?.asTag
        for step in ["prepare", "upgrade"] {
            guard let index = document.value(at: ["spec", step, "image"], in: resource), let image = view.text(index),
                !image.isEmpty
            else { continue }
            let bounds = ReferenceBounds(image.bytes)
            let isWhole = bounds.hasVersion
            let finding =
                if isWhole {
                    view.finding(.kubernetes, at: index, owner: owner)
                } else if let version {
                    PulledFields(["image": image, "tag": version]).finding(.kubernetes)
                } else {
                    view.finding(
                        .kubernetes, at: index, written: image, meaning: image, variable: "version", owner: owner)
                }
            guard var finding else { continue }
            finding.owner = owner
            append(finding)
        }
    }
}

extension TracedText {
    /// The text with `-` in place of `+`, which a tag cannot contain.
    fileprivate var asTag: TracedText {
        var result = TracedText(capacity: count)
        for index in 0..<count {
            // A replaced byte has no offset in the file.
            let isPlus = bytes[index] == UInt8(ascii: "+")
            result.append(isPlus ? UInt8(ascii: "-") : bytes[index], origin: isPlus ? Self.nowhere : origins[index])
        }
        return result
    }
}
