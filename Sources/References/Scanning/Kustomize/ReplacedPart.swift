// SPDX-License-Identifier: Apache-2.0

/// The resources of whose images a kustomization replaces a part, such as a registry or a tag, or takes one for another
/// place. The texts of a selector are regular expressions (kubernetes-sigs/kustomize, api/types/selector.go).
package struct ReplacedPart: Hashable, Sendable {
    private let kind: NamePattern?
    private let name: NamePattern?
    /// Whether the field is an image. Otherwise it is a setting: a variable, an argument, a ConfigMap's value.
    private let isOfImages: Bool

    init(kind: String?, name: String?, isOfImages: Bool = true) {
        self.kind = kind.map { NamePattern($0) }
        self.name = name.map { NamePattern($0) }
        self.isOfImages = isOfImages
    }

    func holds(_ finding: Finding) -> Bool {
        guard let owner = finding.owner, (finding.kind == .kubernetes) == isOfImages else { return false }
        return kind?.matches(owner.kind) != false && name?.matches(owner.name ?? "") != false
    }

    /// A name that is a pattern holds no resource: what is found stays.
    fileprivate func holds(kind: String, at place: ContainerPlace) -> Bool {
        self.kind?.matches(kind) != false && name.map { $0.isLiteral && place.isIn(resource: $0.text) } != false
    }
}

/// Containers whose whole images a kustomization replaces, or images in whose variables, so that what their resources name
/// is not pulled.
package struct ReplacedContainer: Hashable, Sendable {
    fileprivate let resources: ReplacedPart
    /// As in `Finding.container`. nil: all containers.
    fileprivate let name: String?
    fileprivate var isVariable = false

    func holds(_ use: ProductUse, at place: ContainerPlace) -> Bool {
        guard isVariable ? use.kind == .kubernetesSetting : use.isOfContainer, let kind = use.resource else {
            return false
        }
        return name.map(place.isOf) != false && resources.holds(kind: kind, at: place)
    }
}

/// Finds replacements of images and of parts of images (kubectl.docs.kubernetes.io, "replacements"). A new image is
/// found where it is written, if a name there says that it is one.
struct ReplacementScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private(set) var parts: [ReplacedPart] = []
    private(set) var containers: [ReplacedContainer] = []
    /// Literals of generators that become images.
    private let literals: Set<GeneratedLiteral>
    private(set) var images: Set<GeneratedLiteral> = []
    /// Literals of which a part becomes a part of something else.
    private(set) var partSources: Set<GeneratedLiteral> = []
    private(set) var findings: [Finding] = []

    /// - Parameters:
    ///   - items: the items of the list of replacements.
    ///   - literals: what generators beside the list make.
    ///   - read: reads a file beside this one. An item may be in such a file.
    init(
        _ items: [Index], in view: YAMLView, with literals: Set<GeneratedLiteral>, read: (String) -> [UInt8]?
    ) {
        self.view = view
        self.literals = literals
        for item in items {
            if let path = view.document.value("path", in: item) {
                follow(path, read)
            } else {
                replacement(item, in: view.document, at: nil)
            }
        }
    }

    /// Reads a file with one replacement or a list of replacements.
    private mutating func follow(_ path: Index, _ read: (String) -> [UInt8]?) {
        guard let bytes = view.document.string(path).flatMap(read) else { return }
        YAMLView.first(of: bytes) { other in
            let document = other.document
            let isList = document.kind(document.root) == .sequence
            for item in isList ? document.items(document.root) : [document.root] {
                replacement(item, in: document, at: path)
            }
        }
    }

    /// - Parameter place: the node in this document that names the other file; nil if the replacement is in this
    ///   document.
    private mutating func replacement(_ item: Index, in document: YAMLDocument, at place: Index?) {
        let source = document.value(at: ["source", "fieldPath"], in: item).flatMap(document.string) ?? "metadata.name"
        if let node = document.value("source", in: item), Self.isOfParts(node, in: document) {
            partSources.insert(literal(source, of: item, in: document))
            parts.append(Self.part(of: node, isOfImages: ReplacedField(source).isImage, in: document))
        }
        for target in document.value("targets", in: item).map(document.items) ?? [] {
            let all = document.value("fieldPaths", in: target).map(document.items) ?? []
            let isOfParts = Self.isOfParts(target, in: document)
            if isOfParts, let select = document.value("select", in: target) {
                parts += Set(all.compactMap(document.string).map(ReplacedField.init).map(\.isImage)).map {
                    Self.part(of: select, isOfImages: $0, in: document)
                }
            }
            let fields = all.filter { document.string($0).map(ReplacedField.init)?.holdsImage == true }
            guard !fields.isEmpty else { continue }
            if !isOfParts {
                if Self.isWhole(target, in: document), let select = document.value("select", in: target) {
                    let resources = Self.part(of: select, isOfImages: true, in: document)
                    replace(fields.compactMap(document.string), of: resources)
                }
                if isFound(source, of: item, in: document) { continue }
            }
            for field in fields { add(place ?? field, source) }
        }
    }

    /// Whether a source or a target is only a part of its field.
    private static func isOfParts(_ node: Index, in document: YAMLDocument) -> Bool {
        document.value(at: ["options", "delimiter"], in: node).flatMap(document.string)?.isEmpty == false
    }

    /// - Parameter select: the mapping with the kind and the name of resources.
    private static func part(of select: Index, isOfImages: Bool, in document: YAMLDocument) -> ReplacedPart {
        func selected(_ key: String) -> String? { document.value(key, in: select).flatMap(document.string) }
        return ReplacedPart(kind: selected("kind"), name: selected("name"), isOfImages: isOfImages)
    }

    // MARK: - Whole images

    /// Whether kind and name alone select the resources.
    private static func isWhole(_ target: Index, in document: YAMLDocument) -> Bool {
        let keys = document.value("select", in: target).map(document.entries) ?? []
        return document.value("reject", in: target) == nil
            && keys.allSatisfy { document.isText($0.key, "kind") || document.isText($0.key, "name") }
    }

    /// Notes containers that fields name: `spec.containers.[name=a].image`. The place of one in a list says nothing
    /// about patches, which have other lists.
    private mutating func replace(_ fields: [String], of resources: ReplacedPart) {
        for field in fields where containers.count < Self.containerLimit {
            let field = ReplacedField(field)
            guard field.isInContainer else { continue }
            let isAll = field.isImage && field.isOfAll
            guard isAll || field.container != nil else { continue }
            let isVariable = !field.isImage
            containers.append(
                ReplacedContainer(resources: resources, name: isAll ? nil : field.container, isVariable: isVariable))
        }
    }

    /// Each of them is compared with each container. Real lists have only a few.
    private static let containerLimit = 64

    /// Whether the new image is found where it is written: a generator's literal, or a field whose name says so.
    private mutating func isFound(_ source: String, of item: Index, in document: YAMLDocument) -> Bool {
        let literal = literal(source, of: item, in: document)
        guard source == "data." + literal.key, literals.contains(literal) else {
            return ImageText.isImageName(literal.key)
        }
        images.insert(literal)
        return true
    }

    private func literal(_ source: String, of item: Index, in document: YAMLDocument) -> GeneratedLiteral {
        let map = document.value(at: ["source", "name"], in: item).flatMap(document.string) ?? ""
        return GeneratedLiteral(map: map, key: source.split(separator: ".").last.map(String.init) ?? "")
    }

    // MARK: - Parts

    /// Adds an open image. The resulting image is known only after kustomize has run.
    private mutating func add(_ index: Index, _ source: String) {
        let range = view.place(of: index)
        guard !findings.contains(where: { $0.range == range }) else { return }
        findings.append(
            Finding(
                kind: .kustomize, range: range, text: view.fileText(range), meaning: .unresolved(source), parts: []))
    }
}

/// A literal from which a generator makes an entry of a ConfigMap or a Secret.
struct GeneratedLiteral: Hashable {
    let map: String
    let key: String
}
