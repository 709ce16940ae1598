import OCI

/// Finds images in the values of Helm charts, by the shapes charts share: `registry`/`repository`/`tag`/`digest`, and texts
/// under keys that end in `image`.
struct HelmValuesScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let root: Index
    var owner: ResourceOwner?
    private(set) var findings: [Finding] = []
    private var places: Set<Range<Int>> = []
    private var visited: Set<Index> = []
    /// The keys of mappings in which tags were looked for: one mapping may name many images.
    private var tables: [Index: [String: Index]] = [:]
    private var globalRegistry: Index?

    init(view: YAMLView, root: Index, owner: ResourceOwner? = nil) {
        self.view = view
        self.root = root
        self.owner = owner
        let document = view.document
        for path in [["global", "imageRegistry"], ["global", "image", "registry"]] where globalRegistry == nil {
            globalRegistry = document.value(at: path, in: root).flatMap { text($0) == nil ? nil : $0 }
        }
    }

    private var document: YAMLDocument { view.document }

    mutating func scan() { visit(root, key: "", depth: 0) }

    private mutating func visit(_ index: Index, key: String, depth: Int) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, document[target].kind != .scalar, visited.insert(target).inserted else {
            return
        }
        for item in document.items(target) { visit(item, key: key, depth: depth + 1) }
        if let fields = ImageFields(target, key: key, in: document), add(fields) { return }
        for (name, value) in document.entries(target) {
            guard let name = document.string(name) else { continue }
            if document.kind(value) == .scalar {
                scalar(name, value, in: target, parent: key)
            } else {
                visit(value, key: name, depth: depth + 1)
            }
        }
    }

    /// A text that is a whole reference, or the name of an image whose tag stands beside it.
    private mutating func scalar(_ key: String, _ value: Index, in mapping: Index, parent: String) {
        let isImages = parent == "images"
        guard key == "image" || key.hasSuffix("Image") || isImages, let text = text(value) else { return }
        let isTemplate = view.fileText(view.place(of: value)).contains("{{")
        if isTemplate { return append(view.finding(.helmValues, at: value, owner: owner)) }
        guard ImageName.reference(text) != nil else { return }
        let bounds = ReferenceBounds(Array(text.utf8))
        if bounds.tag == nil, bounds.digest == nil, let tag = tag(beside: key, in: mapping),
            add(ImageFields(name: value, tag: tag))
        {
            return
        }
        guard key == "image" && !isImages || text.contains("/") || bounds.tag != nil else { return }
        append(view.finding(.helmValues, at: value, owner: owner))
    }

    /// The tag of a text under `key`: `image` and `tag` or `imageTag`, `fooImage` and `fooImageTag`.
    private mutating func tag(beside key: String, in mapping: Index) -> Index? {
        let stem = key.dropLast("image".count)
        let names = key == "image" ? ["tag", "imageTag"] : [key + "Tag", stem + "Tag"]
        var found: Index?
        for name in names {
            if let tag = value(name, in: mapping), document.kind(tag) == .scalar { found = tag }
        }
        return found
    }

    /// - Returns: whether the fields make an image; else they are something else's.
    private mutating func add(_ fields: ImageFields) -> Bool {
        guard let name = text(fields.name) else { return false }
        let registry = globalRegistry ?? fields.registry.flatMap { text($0) == nil ? nil : $0 }
        let isRooted = registry == nil || (fields.registry == nil && Self.hasHost(name))
        let path = [fields.folder.flatMap(text), fields.folder == nil ? nil : name].compactMap { $0 }
        let fullName = fields.folder == nil ? name : path.joined(separator: "/")
        var reference = (isRooted ? "" : text(registry ?? fields.name).map { $0 + "/" } ?? "") + fullName
        guard ImageName.reference(reference) != nil else { return false }
        if let tag = fields.tag.flatMap(text) { reference += ":" + tag }
        if let digest = fields.digest.flatMap(text) {
            reference += "@" + (digest.contains(":") ? digest : "sha256:" + digest)
        }
        let hasVersion =
            fields.tag.flatMap(text) != nil || fields.digest.flatMap(text) != nil
            || ReferenceBounds(Array(fullName.utf8)).tag != nil
        let parsed = hasVersion ? ImageName.reference(reference) : nil
        append(finding(fields, isRooted ? nil : registry, parsed))
        return true
    }

    private func finding(_ fields: ImageFields, _ registry: Index?, _ reference: Reference?) -> Finding {
        let place = view.place(of: fields.name)
        var parts: [ReferencePart] = []
        if let registry { parts.append(part(.registry, registry)) }
        if let folder = fields.folder { parts.append(part(registry == nil ? .name : .repository, folder)) }
        let hasName = fields.folder == nil
        if hasName { parts.append(part(registry == nil ? .name : .repository, fields.name)) }
        if let tag = fields.tag, text(tag) != nil { parts.append(part(.tag, tag)) }
        if let digest = fields.digest, text(digest) != nil { parts.append(part(.digest, digest)) }
        let isTemplate = [fields.tag, fields.digest, fields.name].compactMap { $0 }.contains {
            view.fileText(view.place(of: $0)).contains("{{")
        }
        let meaning: Finding.Meaning = reference.map { .reference($0) } ?? .unresolved("tag")
        return Finding(
            kind: .helmValues, range: place, text: view.fileText(place),
            meaning: isTemplate ? .unresolved(template(fields) ?? "tag") : meaning,
            // A folder and a name in two fields are more than one edit can say.
            parts: hasName && !isTemplate ? parts : [], owner: owner)
    }

    private func template(_ fields: ImageFields) -> String? {
        [fields.name, fields.tag, fields.digest].compactMap { $0 }.lazy
            .compactMap { TemplateText.variable(in: view.fileText(view.place(of: $0))) }.first
    }

    private func part(_ field: ReferencePart.Field, _ index: Index) -> ReferencePart {
        let target = document.resolved(index)
        return ReferencePart(field, view.place(of: target), value: text(index), style: view.style(index))
    }

    private mutating func append(_ finding: Finding?) {
        guard let finding, places.insert(finding.range).inserted else { return }
        findings.append(finding)
    }

    /// A value of the mapping itself; where others are merged into it, also one of theirs.
    private mutating func value(_ key: String, in mapping: Index) -> Index? {
        let table = tables[mapping] ?? self.table(of: mapping)
        if tables[mapping] == nil { tables[mapping] = table }
        return table[key] ?? (table["<<"] == nil ? nil : document.value(key, in: mapping))
    }

    private func table(of mapping: Index) -> [String: Index] {
        document.entries(mapping).reduce(into: [:]) { table, entry in
            if let name = document.string(entry.key) { table[name] = entry.value }
        }
    }

    /// A scalar's text; nil where it is empty, null or a collection.
    private func text(_ index: Index) -> String? {
        guard !document.isNull(index), let text = document.string(index), !text.isEmpty else { return nil }
        return text
    }

    private static func hasHost(_ name: String) -> Bool {
        guard let slash = name.firstIndex(of: "/") else { return false }
        return name[..<slash].contains { $0 == "." || $0 == ":" }
    }
}

/// The fields of a mapping that together name an image.
struct ImageFields {
    typealias Index = YAMLDocument.Index

    /// The path, or its last part where there is a `folder`.
    var name: Index
    /// What stands before the name, a slash between them.
    var folder: Index?
    var registry: Index?
    var tag: Index?
    var digest: Index?

    /// - Parameter key: the key the mapping is the value of.
    init?(_ mapping: Index, key: String, in document: YAMLDocument) {
        guard document.kind(mapping) == .mapping else { return nil }
        func field(_ names: String...) -> Index? {
            for name in names {
                if let value = document.value(name, in: mapping), document.kind(value) == .scalar { return value }
            }
            return nil
        }
        let isImage = key.lowercased().hasSuffix("image")
        let image = field("image")
        let repository = field("repository", "repo")
        // Most mappings are about something else.
        guard image != nil || repository != nil || isImage else { return nil }
        registry = field("registry", "hub")
        tag = field("tag", "imageTag", "version")
        digest = field("digest", "sha")
        if let repository {
            name = repository
            if let image {
                folder = repository
                name = image
            }
            guard
                isImage || registry != nil || field("tag", "digest", "pullPolicy", "imagePullPolicy") != nil
                    || (image != nil && tag != nil)
            else { return nil }
        } else if isImage, let named = field("name"), tag != nil || digest != nil {
            name = named
        } else if let image, registry != nil, tag != nil {
            name = image
        } else {
            return nil
        }
    }

    init(name: Index, tag: Index) {
        self.name = name
        self.tag = tag
    }
}
