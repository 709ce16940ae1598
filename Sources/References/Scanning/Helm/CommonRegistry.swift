// SPDX-License-Identifier: Apache-2.0

/// A registry that values name apart from all images. Many charts put it before names without a host, and only a
/// chart's templates say before which of them.
struct CommonRegistry {
    /// As people write the path: `global.imageRegistry`.
    private let name: String
    /// The registry's bytes, if it is one that the shape of the values puts before `repository`.
    private let part: ReferencePart?

    /// The places beside `HelmValuesScanner.globalRegistries`. What they mean differs between charts.
    static let names: Set<String> = ["global.registry", "imageRegistry", "registry", "image.registry"]

    /// - Parameter global: the path of a registry that the shape of the values puts before names, and its part.
    init?(in document: YAMLDocument, below root: YAMLDocument.Index, global: (path: [String], part: ReferencePart)?) {
        if let global {
            (name, part) = (global.path.joined(separator: "."), global.part)
        } else if let found = Self.names.sorted().first(where: { Self.isSet($0, in: document, below: root) }) {
            (name, part) = (found, nil)
        } else {
            return nil
        }
    }

    private static func isSet(_ name: String, in document: YAMLDocument, below root: YAMLDocument.Index) -> Bool {
        let path = name.split(separator: ".").map(String.init)
        guard let holder = document.value(at: Array(path.dropLast()), in: root),
            ["repository", "repo"].allSatisfy({ document.value($0, in: holder) == nil }),
            let value = path.last.flatMap({ document.value($0, in: holder) }), document.kind(value) == .scalar
        else { return false }
        return document.string(value).map(isRegistry) ?? false
    }

    /// Whether a value is a registry's address, or is filled in.
    static func isRegistry(_ text: String) -> Bool { text.contains { ".:$".contains($0) } || text.contains("{{") }

    /// Marks an image whose name the registry may or may not precede. An image behind the registry is found by the
    /// shape of the values, which `deciders` tell. Another one keeps its place, and so does the registry.
    ///
    /// - Parameter hasOwn: whether the values have a registry of the image's own.
    func marked(_ finding: Finding, hasOwn: Bool) -> Finding {
        guard !hasOwn else { return finding }
        var marked = finding
        if finding.hasBareName {
            guard let part else { return finding.decided(by: name, in: nil) }
            marked.parts = [part]
        } else if part == nil || finding.parts.first?.range != part?.range {
            return finding
        }
        marked.deciders = [Decider(name)]
        return marked
    }
}

extension Finding {
    /// The registry of all images that values put before this one, if no template was read that does so.
    package var commonRegistry: String? {
        kind == .helmValues && parts.contains { $0.field == .registry } ? deciders.first?.variable : nil
    }
}
