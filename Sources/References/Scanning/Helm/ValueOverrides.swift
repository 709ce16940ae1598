// SPDX-License-Identifier: Apache-2.0

/// Tags and names of images whose other fields are in the values of another file: of the chart itself, of a chart that
/// it depends on, or of a chart that is installed from elsewhere. This file does not decide the image alone.
struct ValueOverrides {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let owner: ResourceOwner?
    private var findings: [Finding] = []
    private var visited: Set<Index> = []

    /// - Parameters:
    ///   - charts: the keys under which values are for another chart; nil if all are.
    ///   - known: the findings at places that already name an image.
    static func findings(
        in view: YAMLView, below root: Index, of charts: Set<String>? = nil, owner: ResourceOwner? = nil,
        except known: [Finding]
    ) -> [Finding] {
        var overrides = ValueOverrides(view: view, owner: owner)
        for (key, value) in view.document.entries(root) {
            guard let name = view.document.string(key), charts?.contains(name) ?? true else { continue }
            overrides.entry(name, value, depth: 0)
        }
        if charts == nil { overrides.name(in: root) }
        let places = Set(known.map(\.range))
        return overrides.findings.filter { !places.contains($0.range) }
    }

    private init(view: YAMLView, owner: ResourceOwner?) {
        self.view = view
        self.owner = owner
    }

    private var document: YAMLDocument { view.document }

    private mutating func entry(_ key: String, _ value: Index, depth: Int) {
        let target = document.resolved(value)
        guard depth < YAMLParser.depthLimit, document.kind(target) == .mapping, visited.insert(target).inserted else {
            return
        }
        if ImageText.endsInImage(key) { version(in: target) }
        name(in: target)
        for (key, value) in document.entries(target) where document.kind(value) == .mapping {
            if let key = document.string(key) { entry(key, value, depth: depth + 1) }
        }
    }

    /// Adds a version or a registry without a name: `image: {tag: "2"}`, `image: {registry: ghcr.io}`.
    private mutating func version(in mapping: Index) {
        let names = ["repository", "repo", "name", "image", "imageRepository"]
        guard names.allSatisfy({ document.value($0, in: mapping) == nil }),
            let version = text("tag", in: mapping) ?? text("digest", in: mapping) ?? text("registry", in: mapping)
        else { return }
        append(version, open: "repository")
    }

    /// Adds a name that gets the chart's tag: `imageRepository: quay.io/acme/a`.
    private mutating func name(in mapping: Index) {
        guard let name = text("imageRepository", in: mapping), let image = document.string(name),
            ImageName.reference(image) != nil, image.contains("/")
        else { return }
        let versions = ["tag", "imageTag", "version", "imageVersion", "digest"]
        guard versions.allSatisfy({ document.value($0, in: mapping) == nil }) else { return }
        append(name, open: "tag")
    }

    /// A scalar that is not empty.
    private func text(_ key: String, in mapping: Index) -> Index? {
        guard let value = document.value(key, in: mapping), document.kind(value) == .scalar, !document.isNull(value),
            document.string(value)?.isEmpty == false
        else { return nil }
        return value
    }

    private mutating func append(_ index: Index, open field: String) {
        let place = view.place(of: index)
        let parts =
            field == "tag" && !view.isFilledIn(index)
            ? [ReferencePart(.name, place, value: document.string(index), style: view.style(index))] : []
        findings.append(
            Finding(
                kind: .helmValues, range: place, text: view.fileText(place), meaning: .unresolved(field),
                parts: document[index].kind == .alias ? [] : parts, owner: owner))
    }
}
