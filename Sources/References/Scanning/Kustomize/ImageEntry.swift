// SPDX-License-Identifier: Apache-2.0

/// An entry of kustomize's `images`: `name` is the name in the resources; `newName`, `newTag`, `digest` and `tagSuffix`
/// are what they get (kubectl.docs.kubernetes.io, "images").
struct ImageEntry {
    typealias Index = YAMLDocument.Index

    let name: NamePattern
    private(set) var newName: ReferencePart?
    private(set) var tag: ReferencePart?
    private(set) var digest: ReferencePart?
    private(set) var suffix: String?
    /// The part that inserts a `newName` if there is none: after `name`, in the style of the entry.
    let insertion: ReferencePart
    /// The place and the text of the name that the resources get.
    let range: Range<Int>
    let text: String

    init?(_ entry: Index, in view: YAMLView) {
        let document = view.document
        guard let name = document.value("name", in: entry), let text = document.string(name), !text.isEmpty else {
            return nil
        }
        func scalar(_ key: String) -> Index? {
            guard let value = document.value(key, in: entry), !document.isNull(value),
                document.string(value)?.isEmpty == false
            else { return nil }
            return value
        }
        func part(_ field: ReferencePart.Field, _ key: String) -> ReferencePart? {
            scalar(key).map { index in
                let target = document.resolved(index)
                return ReferencePart(
                    field, view.place(of: target), value: document.string(target), style: view.style(index))
            }
        }
        self.name = NamePattern(text)
        newName = part(.name, "newName")
        tag = part(.tag, "newTag")
        digest = part(.digest, "digest")
        // A suffix is ignored in an entry with a tag or a digest.
        if tag == nil, digest == nil { suffix = scalar("tagSuffix").flatMap(document.string) }
        guard newName != nil || tag != nil || digest != nil || suffix != nil else { return nil }
        insertion = Self.insertion(after: name, in: entry, of: view)
        range = view.place(of: scalar("newName") ?? name)
        self.text = view.fileText(range)
    }

    /// Whether the resources' own references are replaced, so that their images are not pulled.
    private var isReplaced: Bool {
        if tag != nil || digest != nil || suffix != nil { return true }
        return newName?.value.map(ProductName.of) != ProductName.of(name.text)
    }

    var replacement: ImageReplacement { ImageReplacement(name: name, isReplaced: isReplaced) }

    private static func insertion(after name: Index, in entry: Index, of view: YAMLView) -> ReferencePart {
        let document = view.document
        let node = document[name]
        let end = view.fileRange(Int(node.start)..<Int(node.end)).upperBound
        let isFlow = document[document.resolved(entry)].isFlow
        let before = isFlow ? ", newName: " : lineBreak(in: view) + indentation(of: entry, in: view) + "newName: "
        return ReferencePart(
            .name, end..<end, value: document.string(name), insertion: ReferencePart.Insertion(before: before))
    }

    private static func indentation(of entry: Index, in view: YAMLView) -> String {
        let node = view.document[view.document.resolved(entry)]
        guard !view.origins.isWholeFile else { return String(repeating: " ", count: Int(node.column)) }
        // In a text inside another document, the column is counted in the file, because the text has an additional
        // offset.
        let start = view.fileRange(Int(node.start)..<Int(node.start) + 1).lowerBound
        return String(repeating: " ", count: view.file[..<start].reversed().prefix { $0 != 10 }.count)
    }

    /// The line end that the file uses.
    private static func lineBreak(in view: YAMLView) -> String {
        guard let feed = ByteSearch.first(10, in: view.file, from: 0), feed > 0 else { return "\n" }
        return view.file[feed - 1] == 13 ? "\r\n" : "\n"
    }
}

/// The replacement of images that other files name.
package struct ImageReplacement: Hashable, Sendable {
    package let name: NamePattern
    /// Whether another image is pulled than the one that the name refers to.
    package let isReplaced: Bool
}

/// An image that a command lets a kustomization replace: `kustomize edit set image NAME=IMAGE`.
package struct KustomizationEdit: Hashable, Sendable {
    package let name: NamePattern
    /// The folder of the kustomization relative to that of the file with the command, as far as the file says it.
    package let folder: String
}

/// The resources in which a file replaces images, from the least to the most.
package enum ReplacementReach: Hashable, Comparable, Sendable {
    /// Those that the file lists.
    case listed
    /// Those of the files that apply this one: a component or a transformer.
    case ofOthers
    /// Those that something outside of the files decides: a cluster, or a script that completes a kustomization.
    case unknown
}
