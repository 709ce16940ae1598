// SPDX-License-Identifier: Apache-2.0

/// The resources in whose images a kustomization replaces a part, such as a registry or a tag. The texts of a selector
/// are regular expressions (kubernetes-sigs/kustomize, api/types/selector.go).
package struct ReplacedPart: Hashable, Sendable {
    private let kind: NamePattern?
    private let name: NamePattern?

    init(kind: String?, name: String?) {
        self.kind = kind.map { NamePattern($0) }
        self.name = name.map { NamePattern($0) }
    }

    func holds(_ owner: ResourceOwner?) -> Bool {
        guard let owner, kind?.matches(owner.kind) != false else { return false }
        return name?.matches(owner.name ?? "") != false
    }
}

/// Finds replacements of parts of images (kubectl.docs.kubernetes.io, "replacements"). Replacements of whole images are
/// not needed here, because the new image is found where it is written.
struct ReplacementScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private(set) var parts: [ReplacedPart] = []
    private(set) var findings: [Finding] = []

    /// - Parameters:
    ///   - items: the items of the list of replacements.
    ///   - read: reads a file beside this one. An item may be in such a file.
    init(_ items: [Index], in view: YAMLView, read: (String) -> [UInt8]?) {
        self.view = view
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
        for target in document.value("targets", in: item).map(document.items) ?? [] {
            guard let delimiter = document.value(at: ["options", "delimiter"], in: target),
                document.string(delimiter)?.isEmpty == false
            else { continue }
            let fields = (document.value("fieldPaths", in: target).map(document.items) ?? []).filter { field in
                document.string(field).map { $0 == "image" || $0.hasSuffix(".image") } ?? false
            }
            guard !fields.isEmpty else { continue }
            func selected(_ key: String) -> String? {
                document.value(at: ["select", key], in: target).flatMap(document.string)
            }
            parts.append(ReplacedPart(kind: selected("kind"), name: selected("name")))
            for field in fields { add(place ?? field, source) }
        }
    }

    /// Adds an open image. The resulting image is known only after kustomize has run.
    private mutating func add(_ index: Index, _ source: String) {
        let range = view.place(of: index)
        guard !findings.contains(where: { $0.range == range }) else { return }
        findings.append(
            Finding(
                kind: .kustomize, range: range, text: view.fileText(range), meaning: .unresolved(source), parts: []))
    }
}
