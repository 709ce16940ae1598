// SPDX-License-Identifier: Apache-2.0

/// Images in the fields of custom resources, beside fields that may be parts of them.
extension KubernetesScanner {
    /// Adds the images that Prow puts around jobs, in its own settings and in those of a job (docs.prow.k8s.io, "Pod
    /// Utilities").
    mutating func utilities(_ images: Index) {
        for tool in ["clonerefs", "initupload", "entrypoint", "sidecar"] {
            if let image = document.value(tool, in: images) { custom(image) }
        }
    }

    /// Adds an image that OpenShift references outside of the cluster: `{kind: DockerImage, name: …}` (ObjectReference
    /// of its API).
    mutating func dockerImage(_ mapping: Index) {
        guard identity?.isOpenShift == true, let kind = document.value("kind", in: mapping),
            document.isText(kind, "DockerImage"),
            let name = document.value("name", in: mapping), document.kind(name) == .scalar
        else { return }
        custom(name)
    }

    /// Adds the value of a key called `image` in a custom resource. It must look like a reference, or contain a
    /// placeholder.
    ///
    /// - Parameter mapping: the mapping whose other fields may be parts of the image.
    mutating func custom(_ value: Index, in mapping: Index? = nil) {
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

    /// Adds an image whose parts are fields: `image: {registry: quay.io, repository: acme/app, tag: "1"}`.
    mutating func custom(fields image: Index) {
        let texts = ["registry", "repository", "tag", "digest"].reduce(into: [String: TracedText]()) { texts, name in
            texts[name] = document.value(name, in: image).flatMap(view.text)
        }
        guard let place = document.value("repository", in: image), let name = texts["repository"],
            ImageName.reference(name.string) != nil,
            !texts.values.contains(where: { $0.bytes.contains { "${".utf8.contains($0) } })
        else { return }
        if texts["tag"] == nil, texts["digest"] == nil { return add(place, completedBy: "tag") }
        guard var finding = PulledFields(texts).finding(.kubernetes) else { return }
        finding.owner = owner
        append(finding)
    }

    private static let fronts = ["registry", "repository", "hub"]
    private static let versions = ["tag", "imageTag", "image_tag", "imageVersion", "version", "digest"]

    /// Adds a task or a pipeline that is pulled as an image: `{resolver: bundles, params: [{name: bundle, value: …}]}`
    /// (tekton.dev, "Bundles Resolver").
    mutating func bundle(resolvedBy mapping: Index) {
        guard let resolver = document.value("resolver", in: mapping), document.isText(resolver, "bundles") else {
            return
        }
        for item in document.value("params", in: mapping).map(document.items) ?? [] {
            guard let name = document.value("name", in: item), document.isText(name, "bundle") else { continue }
            document.value("value", in: item).map { add($0) }
        }
    }

    /// Adds an image of which another field may be a part, unless a rule says what it is. Only a name with a host is known.
    private mutating func add(_ value: Index, completedBy field: String) {
        guard seen[view.place(of: value).lowerBound] == nil, let name = view.text(value),
            var finding = view.finding(.kubernetes, at: value, name: name, lacking: field, owner: owner)
        else { return }
        if !ImageText.hasHost(name.string) { finding.parts = [] }
        append(finding)
    }

    /// Adds the images of a bundle in a file-based catalog (olm.operatorframework.io, "File-based catalogs").
    mutating func bundle(_ index: Index) {
        let related = document.value("relatedImages", in: index).map(document.items) ?? []
        for holder in [index] + related { document.value("image", in: holder).map { add($0) } }
    }
}
