// SPDX-License-Identifier: Apache-2.0

/// Values that are given to a chart one by one, each with its path: `image.repository`, `image.tag`, `sidecar.image`.
struct ChartSettings {
    /// The values with the same path up to the last name, by that name.
    private var groups: [String: [String: TracedText]] = [:]
    private var order: [String] = []

    /// The names that lead to each value.
    var paths: [[String]] {
        order.flatMap { group in
            let names = group.split(separator: ".").map(String.init)
            return (groups[group] ?? [:]).keys.sorted().map { names + [$0] }
        }
    }

    mutating func add(_ path: String, _ value: TracedText) {
        let names = path.split(separator: ".")
        guard let last = names.last, !value.isEmpty else { return }
        let group = names.dropLast().joined(separator: ".")
        if groups[group] == nil { order.append(group) }
        groups[group, default: [:]][String(last)] = value
    }

    /// Adds `a=b,c=d`, the form that `helm --set` takes. A comma after a backslash belongs to the value.
    ///
    /// - Parameter read: returns the text that a value means; nil if it is unknown.
    mutating func add(list: TracedText, read: (TracedText) -> TracedText?) {
        let bytes = list.bytes
        let ends = bytes.indices.filter {
            bytes[$0] == UInt8(ascii: ",") && ($0 == 0 || bytes[$0 - 1] != UInt8(ascii: "\\"))
        }
        for (start, end) in zip([-1] + ends, ends + [bytes.count]) {
            guard let (path, value) = list[start + 1..<end].cut(at: UInt8(ascii: "=")) else { continue }
            // What is not known is open where it is a part of an image.
            add(path.string, read(value) ?? value)
        }
    }

    // MARK: - Images

    /// Finds the images that the values name.
    ///
    /// - Parameter isProduct: whether an image is made and not pulled.
    func find(in found: inout FoundImages, except isProduct: (TracedText) -> Bool = { _ in false }) {
        for group in order {
            let fields = groups[group] ?? [:]
            let key = nameKey(of: fields, in: group)
            if let key, let name = fields[key], !isProduct(name) { find(name, of: fields, in: group, &found) }
            for (path, value) in fields.sorted(by: { $0.key < $1.key }) where path != key && !isProduct(value) {
                if isImage(value, at: path, in: group) {
                    found.add(value)
                } else if let variable = openTag(of: value, at: path) {
                    found.add(open: variable, written: value, parts: OpenTag.parts(of: value))
                }
            }
            // The chart's own values name the image.
            guard key == nil, let part = lonePart(of: fields, in: group) else { continue }
            found.add(open: "repository", written: part, parts: [])
        }
    }

    /// The key of the name of an image that has its tag or its digest under another key.
    private func nameKey(of fields: [String: TracedText], in group: String) -> String? {
        if fields["repository"] != nil { return "repository" }
        if fields["name"] != nil, ImageText.endsInImage(group) { return "name" }
        // Beside a hub, it is a part of the name.
        guard let image = fields["image"], !ReferenceBounds(image.bytes).hasVersion, hasVersion(fields),
            fields["hub"] == nil
        else { return nil }
        return "image"
    }

    /// Whether a value is a whole image: `sidecar.image`, `images.web`, `image.override`.
    private func isImage(_ value: TracedText, at path: String, in group: String) -> Bool {
        if ImageText.isImageName(path) { return ImageText.reference(ofSetting: value.string) != nil }
        let holder = group.split(separator: ".").last ?? ""
        return (ImageText.endsInImage(holder) || ImageText.isImageListName(holder)) && !Self.fields.contains(path)
            && ImageText.isListed(value.string)
    }

    /// The variable that fills in the tag of a whole image, if it fills in nothing else: `sidecar.image=acme/app:$TAG`.
    private func openTag(of value: TracedText, at path: String) -> String? {
        guard ImageText.isImageName(path), OpenTag.front(of: value.string) != nil else { return nil }
        return TemplateText.variable(in: value.string)
    }

    private static let fields: Set<String> = [
        "repository", "name", "registry", "tag", "digest", "imageTag", "pullPolicy",
    ]

    /// A tag, a digest, a registry or a hub without a name.
    private func lonePart(of fields: [String: TracedText], in group: String) -> TracedText? {
        guard ImageText.endsInImage(group) || fields["hub"] != nil && hasVersion(fields) else { return nil }
        return [version(of: fields).known, fields["registry"], fields["hub"]].compactMap(\.self).first {
            TemplateText.variable(in: $0.string) == nil
        }
    }

    private static let versionKeys = ["digest", "tag", "imageTag"]

    private func hasVersion(_ fields: [String: TracedText]) -> Bool { Self.versionKeys.contains { fields[$0] != nil } }

    /// The tag or the digest, if it is known, otherwise the variable that it depends on.
    private func version(of fields: [String: TracedText]) -> (known: TracedText?, open: String?) {
        let texts = Self.versionKeys.compactMap { fields[$0] }
        let open = texts.lazy.compactMap { TemplateText.variable(in: $0.string) }.first
        return (open == nil ? texts.first : nil, open)
    }

    private func find(
        _ name: TracedText, of fields: [String: TracedText], in group: String, _ found: inout FoundImages
    ) {
        if TemplateText.variable(in: name.string) != nil { return found.add(name) }
        if let variable = version(of: fields).open {
            return found.add(open: variable, written: name, parts: Self.parts(of: name))
        }
        guard hasVersion(fields) else {
            // Other names are those of repositories with code, charts and the like.
            guard ImageText.endsInImage(group) else { return }
            return found.add(open: group + ".tag", written: name, parts: Self.parts(of: name))
        }
        var pulled = ["repository": name]
        pulled["registry"] = fields["registry"]
        pulled["tag"] = fields["tag"] ?? fields["imageTag"]
        pulled["digest"] = fields["digest"]
        guard var finding = PulledFields(pulled).finding(found.kind) else { return }
        guard let commonRegistry, finding.hasBareName else {
            if finding.hasBareName { finding.remark = Self.remark }
            return found.append(finding)
        }
        found.append(finding.decided(by: commonRegistry, in: nil))
    }

    /// Charts with a default registry write it before the name.
    private static let remark =
        "its chart was not read; if a template puts a registry before this name, set that registry in the values instead"

    /// The path of a registry apart from all images. Only the chart says before which names it is.
    private var commonRegistry: String? {
        let globals = HelmValuesScanner.globalRegistries.map { $0.joined(separator: ".") }
        return (globals + CommonRegistry.names.sorted()).first { path in
            let group = path.split(separator: ".").dropLast().joined(separator: ".")
            guard let fields = groups[group], fields["repository"] == nil else { return false }
            return path.split(separator: ".").last.flatMap { fields[String($0)]?.string }.map(CommonRegistry.isRegistry)
                ?? false
        }
    }

    /// The part that changes of a name without a tag. The chart may put a registry of its own before a name without a host.
    private static func parts(of name: TracedText) -> [ReferencePart] {
        ImageText.hasHost(name.string) ? OpenTag.parts(ofName: name) : []
    }
}
