// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds images in the values of Helm charts by the shapes that charts share: `registry`/`repository`/`tag`/`digest`,
/// and texts at keys that end in `image`.
struct HelmValuesScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let root: Index
    var owner: ResourceOwner?
    /// Whether only mappings count that cannot be anything but an image. For files that may not be a chart's values.
    var takesPlainShapesOnly = false
    /// The keys beside `image` that hold its tag.
    var tagNames = ["tag", "imageTag"]
    /// Whether a name without a tag has a tag that is set elsewhere.
    var needsTags = false
    /// Whether a name without a slash has a hub that is set elsewhere.
    var needsHub = false
    /// Whether templates say what the values mean.
    var isOfKnownChart = false
    private(set) var findings: [Finding] = []
    private(set) var warnings: [ScanProblem] = []
    private var known: Set<Meant> = []
    private var visited: Set<Index> = []
    /// The keys of the mappings in which tags were looked for. One mapping may name many images.
    private var tables: [Index: [String: Index]] = [:]
    private var globalRegistry: Index?
    private var commonRegistry: CommonRegistry?
    /// Whether the current mapping, or one around it, says that its image is never pulled.
    private var isNeverPulled = false
    /// The template's branches, once a mapping has a key several times.
    private var conditions: TemplateConditions?
    /// The branch of the template in which the current text stands.
    private var branch: MappingBranch?

    init(view: YAMLView, root: Index, owner: ResourceOwner? = nil, takesPlainShapesOnly: Bool = false) {
        self.view = view
        self.root = root
        self.owner = owner
        self.takesPlainShapesOnly = takesPlainShapesOnly
        let document = view.document
        var global: [String]?
        for path in Self.globalRegistries where globalRegistry == nil {
            globalRegistry = document.value(at: path, in: root).flatMap { text($0) == nil ? nil : $0 }
            global = path
        }
        let part = globalRegistry.map { self.part(.registry, $0) }
        commonRegistry = CommonRegistry(
            in: document, below: root, global: part.flatMap { part in global.map { ($0, part) } })
    }

    /// Where charts keep a registry of all of their images.
    static let globalRegistries = [["global", "imageRegistry"], ["global", "image", "registry"]]

    private var document: YAMLDocument { view.document }

    /// The common beginning of image names and the common tag around a place: Istio's `hub` and `tag`.
    private struct Hub {
        var registry: Index
        var tag: Index?
    }

    mutating func scan() { visit(root, key: "", hub: nil, depth: 0) }

    /// - Parameter isMember: whether the node is in a list or a mapping that is called `images`.
    private mutating func visit(_ index: Index, key: String, isMember: Bool = false, hub: Hub?, depth: Int) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, document[target].kind != .scalar, visited.insert(target).inserted else {
            return
        }
        for item in document.items(target) {
            visit(item, key: key, isMember: Self.isImages(key), hub: hub, depth: depth + 1)
            if Self.isImages(key), !takesPlainShapesOnly { member(item) }
        }
        if isMember, key == "tags", !takesPlainShapesOnly { tags(target) }
        let outer = isNeverPulled
        defer { isNeverPulled = outer }
        if let policy = pullPolicy(of: target) { isNeverPulled = document.isText(policy, "Never") }
        let hub = self.hub(of: target, in: hub) ?? hub
        let fieldsKey = isMember ? "image" : key
        let branches = branches(of: target)
        let isImage = fields(of: target, key: fieldsKey, in: branches).filter { add($0, under: fieldsKey) }.count > 0
        for (name, value) in document.entries(target) {
            branch = branches.isEmpty ? nil : branches.first { $0.numbers == numbers(of: value) }
            guard let name = document.string(name) else { continue }
            if document.kind(value) != .scalar {
                visit(value, key: name, isMember: Self.isImages(key), hub: hub, depth: depth + 1)
            } else if !isImage, !takesPlainShapesOnly {
                if name.hasSuffix("ontainers") { containers(in: value) }
                scalar(name, value, in: target, parent: key, hub: hub)
            }
        }
    }

    private mutating func branches(of mapping: Index) -> [MappingBranch] {
        view.branches(of: mapping) {
            let known = conditions ?? TemplateConditions(of: view.file, around: view.place(of: view.root))
            conditions = known
            return known
        }
    }

    /// The fields of a mapping, in each branch of a template.
    private func fields(of mapping: Index, key: String, in branches: [MappingBranch]) -> [ImageFields] {
        guard !branches.isEmpty else { return [ImageFields(mapping, key: key, in: document)].compactMap(\.self) }
        return branches.compactMap { branch in
            ImageFields(key: key, in: document) { value($0, of: branch.values, in: mapping) }
        }
    }

    private func numbers(of value: Index) -> [String: Int]? {
        conditions?.numbers(at: view.place(of: value).lowerBound)
    }

    /// Reads a list of containers that is one text, which a template fills in: `extraInitContainers: |`.
    private mutating func containers(in text: Index) {
        guard [.literal, .folded].contains(document[document.resolved(text)].style) else { return }
        view.documents(in: text) { inner in
            for item in inner.document.items(inner.document.root) {
                guard let image = inner.document.value("image", in: item), inner.document.kind(image) == .scalar else {
                    continue
                }
                append(inner.finding(.helmValues, at: image, owner: owner), hasOwnRegistry: true)
            }
        }
    }

    private func pullPolicy(of mapping: Index) -> Index? {
        document.entries(mapping).last { key, _ in
            document.isText(key, "pullPolicy") || document.isText(key, "imagePullPolicy")
        }?.value
    }

    private static func isImages(_ key: String) -> Bool { key == "images" || key.hasSuffix("Images") }

    /// Adds a text in a list of images, if it is a whole reference with a version.
    private mutating func member(_ item: Index) {
        guard let text = text(item), ImageName.reference(text) != nil else { return }
        let bounds = ReferenceBounds(Array(text.utf8))
        if bounds.hasVersion {
            append(view.finding(.helmValues, at: item, owner: owner))
        }
    }

    /// Adds the images of `images: {tags: {api: quay.io/acme/api:1}}`, by which a chart's templates know them.
    private mutating func tags(_ mapping: Index) {
        for (_, value) in document.entries(mapping) {
            if let text = text(value), ImageText.isListed(text) {
                append(view.finding(.helmValues, at: value, owner: owner), hasOwnRegistry: true)
            }
        }
    }

    /// The hub of a mapping itself, or of its `global` mapping. An empty one does not count.
    private func hub(of mapping: Index, in outer: Hub?) -> Hub? {
        guard !takesPlainShapesOnly, document.kind(mapping) == .mapping else { return nil }
        for path in [[], ["global"]] {
            guard let holder = document.value(at: path, in: mapping), let hub = document.value("hub", in: holder),
                text(hub) != nil
            else { continue }
            let tag = document.value("tag", in: holder).flatMap { text($0) == nil ? nil : $0 }
            return Hub(registry: hub, tag: tag ?? outer?.tag)
        }
        return nil
    }

    /// Reads a text that is a whole reference, or an image's name with the tag in a field beside it.
    private mutating func scalar(_ key: String, _ value: Index, in mapping: Index, parent: String, hub: Hub?) {
        let isImages = parent == "images"
        if key == "imageName" || key == "image_name", let text = text(value) {
            if hasVersion(text) { return member(value) }
            if addNamed(value, key, in: mapping) { return }
        }
        // The values of settings such as `docker_image`, `proxy-image` and `DEFAULT_IMAGE` need not be images.
        let isMeant = key == "image" || key.hasSuffix("Image") || isImages
        guard isMeant || ImageText.isImageName(key), let text = text(value), text != "null" else { return }
        // A tool that delivers the values may fill in variables of its own: `image: ${REGISTRY}/app:1`.
        if view.isFilledIn(value) || (key == "image" && !isImages && TemplateText.variable(in: text) != nil) {
            return append(view.finding(.helmValues, at: value, owner: owner))
        }
        guard isMeant ? ImageName.reference(text) != nil : ImageText.reference(ofSetting: text) != nil else { return }
        let bounds = ReferenceBounds(Array(text.utf8))
        // A file name: `heroImage: img/logo.png`.
        if !bounds.hasVersion, key != "image" || !text.contains("/"),
            ImageText.isFileName(text[...]) || ImageText.isQuantity(text)
        {
            return
        }
        if key == "image", hub != nil || needsHub, isBehindHub(mapping) {
            // Such charts use an image with a slash as it is, and put the hub before any other image.
            if text.contains("/") { return append(view.finding(.helmValues, at: value, owner: owner)) }
            guard let hub else { return append(withoutHub(value)) }
            let tag = self.value("tag", in: mapping).flatMap { self.text($0) == nil ? nil : $0 } ?? hub.tag
            if !bounds.hasVersion,
                add(ImageFields(name: value, tag: tag, hub: hub.registry), under: key)
            {
                return
            }
        }
        if !bounds.hasVersion, let tag = tag(beside: key, in: mapping),
            add(ImageFields(name: value, tag: tag), under: key)
        {
            return
        }
        if needsTags, !bounds.hasVersion, add(ImageFields(name: value, tag: nil), under: key) {
            return
        }
        guard key == "image" && !isImages || text.contains("/") || bounds.tag != nil else { return }
        let isOfContainer = key == "image" && self.value("name", in: mapping) != nil
        append(view.finding(.helmValues, at: value, owner: owner), hasOwnRegistry: isOfContainer)
    }

    /// Reads `image_name` with `image_version` beside it. Kiali replaces two words with versions of its own, and with
    /// `image_digest` the version is a digest without its algorithm (kiali.io, "Kiali CR Reference").
    private mutating func addNamed(_ name: Index, _ key: String, in mapping: Index) -> Bool {
        let isCamel = key == "imageName"
        let version = value(isCamel ? "imageVersion" : "image_version", in: mapping)
        guard needsTags || version != nil else { return false }
        let isChosen = version.flatMap(text).map { ["lastrelease", "operator_version"].contains($0) } ?? true
        let isDigest = value(isCamel ? "imageDigest" : "image_digest", in: mapping).flatMap(text) != nil
        return add(ImageFields(name: name, tag: isChosen || isDigest ? nil : version), under: key)
    }

    private func hasVersion(_ text: String) -> Bool {
        let bounds = ReferenceBounds(Array(text.utf8))
        return bounds.hasVersion
    }

    /// An image whose hub the program that reads the values chooses.
    private func withoutHub(_ name: Index) -> Finding? {
        let text = view.text(name)
        var finding = text.flatMap { view.finding(.helmValues, at: name, name: $0, lacking: "hub", owner: owner) }
        finding?.parts = []
        return finding
    }

    private func isBehindHub(_ mapping: Index) -> Bool {
        ["registry", "repository", "imageTag"].allSatisfy { document.value($0, in: mapping) == nil }
    }

    /// The tag that belongs to a text at `key`: `tag` or `imageTag` for `image`, `fooImageTag` or `fooTag` for
    /// `fooImage`.
    private mutating func tag(beside key: String, in mapping: Index) -> Index? {
        let stem = key.dropLast("image".count)
        let separator = stem.last.map { "_-.".contains($0) } == true ? String(stem.suffix(1)) : ""
        let word = separator.isEmpty ? "Tag" : separator + (key.hasSuffix("IMAGE") ? "TAG" : "tag")
        let names = key == "image" ? tagNames : [key + word, stem.dropLast(separator.count) + word]
        var found: Index?
        for name in names {
            if let tag = value(name, in: mapping), document.kind(tag) == .scalar { found = tag }
        }
        return found
    }

    /// - Returns: whether the fields are those of an image.
    private mutating func add(_ fields: ImageFields, under key: String) -> Bool {
        guard let name = text(fields.name), !takesPlainShapesOnly || fields.isPlain(key) else { return false }
        let registry = globalRegistry ?? fields.registry.flatMap { text($0) == nil ? nil : $0 }
        let isRooted = fields.hub != nil || registry == nil || (fields.registry == nil && ImageText.hasHost(name))
        let path = [isRooted ? nil : registry, fields.hub, fields.folder, fields.name].compactMap { $0 }.compactMap(
            text)
        var reference = path.joined(separator: "/")
        guard ImageName.reference(reference) != nil else { return addOpen(fields, reference, under: key) }
        let tag = fields.tag.flatMap { tagText($0) }
        if let tag { reference += ":" + tag }
        if let digest = fields.digest.flatMap(text) {
            reference += "@" + (digest.contains(":") ? digest : "sha256:" + digest)
        }
        let hasVersion =
            tag != nil || fields.digest.flatMap(text) != nil || ReferenceBounds(Array(name.utf8)).tag != nil
        let parsed = hasVersion ? ImageName.reference(reference) : nil
        let found = finding(fields, registry: isRooted ? nil : registry, meaning: parsed)
        append(
            fields.end.flatMap(text).map { isEnd($0, of: name) } == false ? found.decided(by: "name", in: nil) : found,
            hasOwnRegistry: fields.registry != nil)
        return true
    }

    /// Adds an image of which a tool that delivers the values fills in the name: `repository: ${REPOSITORY}`.
    private mutating func addOpen(_ fields: ImageFields, _ name: String, under key: String) -> Bool {
        guard ImageText.endsInImage(key) || (fields.registry != nil && fields.tag != nil),
            let variable = TemplateText.variable(in: name)
        else { return false }
        let place = view.place(of: fields.name)
        append(
            Finding(
                kind: .helmValues, range: place, text: view.fileText(place), meaning: .unresolved(variable), parts: [],
                owner: owner), hasOwnRegistry: fields.registry != nil)
        return true
    }

    /// Whether a name is the last part of a repository. A chart may put any other name behind the repository.
    private func isEnd(_ name: String, of repository: String) -> Bool {
        let bytes = Array(repository.utf8)
        let path = ReferenceBounds(bytes).name.map { bytes[$0] } ?? bytes[...]
        return path.split(separator: UInt8(ascii: "/")).last?.elementsEqual(name.utf8) ?? false
    }

    /// The text of a tag as the chart reads it. Adds a warning if a plain number reads differently than it looks.
    private mutating func tagText(_ tag: Index) -> String? {
        guard let number = PlainNumber(view, tag) else { return text(tag) }
        warnings.append(number.warning("Helm"))
        return number.value
    }

    private func finding(_ fields: ImageFields, registry: Index?, meaning reference: Reference?) -> Finding {
        let place = view.place(of: fields.name)
        var parts: [ReferencePart] = []
        let front = fields.hub ?? fields.folder
        if let registry { parts.append(part(.registry, registry)) }
        if let front { parts.append(part(.hub, front)) }
        parts.append(part(registry == nil && front == nil ? .name : .repository, fields.name))
        let isNameFilledIn = [fields.name, front, registry].compactMap(\.self).contains { view.isFilledIn($0) }
        let isTemplate =
            isNameFilledIn || [fields.tag, fields.digest].compactMap(\.self).contains { isOpen($0) }
        if !isTemplate { parts += versionParts(fields) }
        let meaning: Finding.Meaning = reference.map { .reference($0) } ?? .unresolved("tag")
        // One edit cannot change a name that is in three fields.
        let isBeyondEdits = isNameFilledIn || (registry != nil && front != nil)
        return Finding(
            kind: .helmValues, range: place, text: view.fileText(place),
            meaning: isTemplate ? .unresolved(template(fields) ?? "tag") : meaning, parts: isBeyondEdits ? [] : parts,
            owner: owner)
    }

    /// Whether a template or a tool that delivers the values fills in a part of a field: `tag: ${TAG}`.
    private func isOpen(_ field: Index) -> Bool {
        view.isFilledIn(field) || text(field).flatMap(TemplateText.variable) != nil
    }

    private func versionParts(_ fields: ImageFields) -> [ReferencePart] {
        var parts: [ReferencePart] = []
        if let tag = fields.tag, text(tag) != nil {
            var part = part(.tag, tag)
            part.value = PlainNumber(view, tag)?.value ?? part.value
            parts.append(part)
        }
        if let digest = fields.digest, text(digest) != nil { parts.append(part(.digest, digest)) }
        return parts
    }

    private func template(_ fields: ImageFields) -> String? {
        [fields.name, fields.tag, fields.digest].compactMap { $0 }.lazy
            .compactMap { TemplateText.variable(in: view.fileText(view.place(of: $0))) }.first
    }

    private func part(_ field: ReferencePart.Field, _ index: Index) -> ReferencePart {
        let target = document.resolved(index)
        return ReferencePart(field, view.place(of: target), value: text(index), style: view.style(index))
    }

    /// What a place means. A name that several mappings share may have another tag in each.
    private struct Meant: Hashable {
        let place: Range<Int>
        let meaning: Finding.Meaning
    }

    /// - Parameter hasOwnRegistry: whether no registry of all images is before this one.
    private mutating func append(_ finding: Finding?, hasOwnRegistry hasOwn: Bool = false) {
        guard var finding, known.insert(Meant(place: finding.range, meaning: finding.meaning)).inserted else { return }
        if !isOfKnownChart, let commonRegistry { finding = commonRegistry.marked(finding, hasOwn: hasOwn) }
        finding.isNeverPulled = isNeverPulled
        findings.append(finding)
    }

    /// A value of the mapping itself, or of a mapping that is merged into it.
    private mutating func value(_ key: String, in mapping: Index) -> Index? {
        if let branch { return value(key, of: branch.values, in: mapping) }
        let table = tables[mapping] ?? self.table(of: mapping)
        if tables[mapping] == nil { tables[mapping] = table }
        return value(key, of: table, in: mapping)
    }

    private func value(_ key: String, of table: [String: Index], in mapping: Index) -> Index? {
        table[key] ?? (table["<<"] == nil ? nil : document.value(key, in: mapping))
    }

    private func table(of mapping: Index) -> [String: Index] {
        document.entries(mapping).reduce(into: [:]) { table, entry in
            if let name = document.string(entry.key) { table[name] = entry.value }
        }
    }

    /// A scalar's text; nil for an empty text, null or a collection.
    private func text(_ index: Index) -> String? {
        guard !document.isNull(index), let text = document.string(index), !text.isEmpty else { return nil }
        return text
    }
}
