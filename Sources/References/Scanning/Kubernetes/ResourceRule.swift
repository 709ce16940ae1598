// SPDX-License-Identifier: Apache-2.0

/// The place of an image in resources of a kind.
package struct ResourceRule: Hashable, Sendable {
    /// The kind of `Kind` or `Kind.group`; nil matches every kind, as in `*.group`. A rule without a kind and a group
    /// applies to every document.
    package let kind: String?
    package let group: String?
    package let path: [Step]
    /// A text before the reference that does not belong to it.
    package var prefix = ""

    package enum Step: Hashable, Sendable {
        case key(String)
        /// `*`: one key of any name.
        case any
        /// `**`: any number of keys, including none.
        case anyDepth
    }

    init(kind: String?, group: String?, path: [Step], prefix: String = "") {
        self.kind = kind
        self.group = group
        self.path = path
        self.prefix = prefix
    }

    /// Parses `Kind[.group]:path.to.image`. Lists on the path are entered automatically; `[]` may be written for them.
    /// `*` matches every kind or key, `**` any number of keys.
    ///
    /// - Throws: `ScanProblem`, which says what is wrong with the text.
    package init(parsing text: String) throws(ScanProblem) {
        let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, !halves[0].isEmpty, !halves[1].isEmpty else {
            throw ScanProblem("expected KIND[.GROUP]:PATH, such as Widget.example.com:spec.worker.image")
        }
        let names = halves[0].split(separator: ".", maxSplits: 1)
        let steps = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard let kind = names.first, !steps.contains(where: \.isEmpty) else {
            throw ScanProblem("a name between two dots is missing")
        }
        self.kind = kind == "*" ? nil : String(kind)
        group = names.count > 1 ? String(names[1]) : nil
        path = steps.map { step in
            let name = step.hasSuffix("[]") ? step.dropLast(2) : step
            return name == "*" ? .any : name == "**" ? .anyDepth : .key(String(name))
        }
    }

    /// The key that a document must contain so that the rule can find an image; nil if the path does not end in a key.
    var lastKey: String? {
        guard case .key(let name)? = path.last else { return nil }
        return name
    }

    func applies(to resource: ResourceIdentity?) -> Bool {
        guard kind != nil || group != nil else { return true }
        guard let resource else { return false }
        if let kind, kind != resource.kind { return false }
        guard let group else { return true }
        return group == resource.group || (group.hasPrefix("*.") && resource.group.hasSuffix(group.dropFirst()))
    }
}

/// The kind and API group that a document declares.
struct ResourceIdentity: Hashable, Sendable {
    let group: String
    let kind: String
    /// These are asked for each mapping of a resource.
    let (isTekton, isOpenShift): (Bool, Bool)

    init(group: String, kind: String) {
        self.group = group
        self.kind = kind
        (isTekton, isOpenShift) = (group.hasSuffix("tekton.dev"), group.hasSuffix("openshift.io"))
    }

    /// nil for a mapping that is no resource.
    init?(of mapping: YAMLDocument.Index, in document: YAMLDocument) {
        // Most mappings are none. Go ignores the case of keys, and operator-sdk has written `apiversion`.
        guard
            let version = (document.value("apiVersion", in: mapping) ?? document.value("apiversion", in: mapping))
                .flatMap(document.string),
            let kind = document.value("kind", in: mapping).flatMap(document.string)
        else { return nil }
        let group = version.split(separator: "/").count == 2 ? version.prefix { $0 != "/" } : ""
        self.init(group: String(group), kind: kind)
    }
}
