// SPDX-License-Identifier: Apache-2.0

/// An image whose name, tag and digest are separate arguments: Bazel's `oci.pull` and `container_pull`.
struct PulledFields {
    private let registry: TracedText?
    private let name: TracedText?
    private let tag: TracedText?
    private let digest: TracedText?

    init(_ fields: [String: TracedText]) {
        registry = fields["registry"]
        name = fields["image"] ?? fields["repository"]
        tag = fields["tag"]
        digest = fields["digest"]
    }

    func finding(_ kind: FindingKind) -> Finding? {
        guard let name, let range = name.coveringRange else { return nil }
        var text = (registry.map { $0.string + "/" } ?? "") + name.string
        if let tag { text += ":" + tag.string }
        if let digest { text += "@" + digest.string }
        guard let reference = ImageName.reference(text) else { return nil }
        let hasVersion = tag != nil || digest != nil || registry != nil
        return Finding(
            kind: kind, range: range, text: name.string, meaning: .reference(reference),
            parts: hasVersion ? parts(name) : ReferencePart.parts(of: name))
    }

    private func parts(_ name: TracedText) -> [ReferencePart] {
        let fields: [(ReferencePart.Field, TracedText?)] = [
            (.registry, registry), (registry == nil ? .name : .repository, name), (.tag, tag), (.digest, digest),
        ]
        return fields.compactMap { field, text in
            guard let text, let range = text.contiguousRange else { return nil }
            return ReferencePart(field, range, value: text.string, style: .doubleQuoted)
        }
    }
}
