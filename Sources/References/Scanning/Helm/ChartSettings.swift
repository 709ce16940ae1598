// SPDX-License-Identifier: Apache-2.0

/// Values that are given to a chart one by one, each with its path: `image.repository`, `image.tag`, `sidecar.image`.
struct ChartSettings {
    private var groups: [String: [String: TracedText]] = [:]
    private var order: [String] = []
    /// Values whose names say that they are a whole image.
    private(set) var images: [TracedText] = []

    mutating func add(_ path: String, _ value: TracedText) {
        let names = path.split(separator: ".")
        guard let last = names.last else { return }
        let group = names.dropLast().joined(separator: ".")
        if groups[group] == nil { order.append(group) }
        groups[group, default: [:]][String(last)] = value
        if ImageText.isImageName(last), ImageText.reference(ofSetting: value.string) != nil { images.append(value) }
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
            guard let (path, value) = list[start + 1..<end].cut(at: UInt8(ascii: "=")), let text = read(value) else {
                continue
            }
            add(path.string, text)
        }
    }

    /// The images whose name and tag are separate values.
    func findings(_ kind: FindingKind) -> [Finding] {
        order.compactMap { group in
            guard let fields = groups[group], fields["repository"] != nil,
                fields["tag"] != nil || fields["digest"] != nil
            else { return nil }
            let finding = PulledFields(fields).finding(kind)
            guard let commonRegistry, finding?.hasBareName == true else { return finding }
            return finding?.decided(by: commonRegistry, in: nil)
        }
    }

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
    static func parts(of name: TracedText) -> [ReferencePart] {
        ImageText.hasHost(name.string) ? OpenTag.parts(ofName: name) : []
    }

    /// The names of images whose tag is not given but is the chart's own, each with the path of that tag.
    var open: [(path: String, name: TracedText)] {
        order.compactMap { group in
            guard let fields = groups[group], let name = fields["repository"], fields["tag"] == nil,
                fields["digest"] == nil, ImageText.endsInImage(group)
            else { return nil }
            return (group + ".tag", name)
        }
    }
}
