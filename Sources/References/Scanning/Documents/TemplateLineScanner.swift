// SPDX-License-Identifier: Apache-2.0

/// Finds `image:` lines in a template that is not YAML even without its actions. In a chart's partials, also finds
/// settings by name that a template fills in.
struct TemplateLineScanner {
    private let file: UnsafeBufferPointer<UInt8>
    private let kind: FindingKind
    /// All images in the file are those of containers. Otherwise a bare name may be a machine's image.
    private let isOfContainers: Bool
    /// Whether the template only defines parts of others, as a chart's partials do.
    private let isPartial: Bool
    /// The item that the line before begins, `- name: x`: its name, and where its keys stand.
    private var item: (name: TracedText, indent: Int)?
    private var position: Int
    private let end: Int

    private static let (apiVersion, definition) = (SearchWord("apiVersion"), SearchWord("define \""))

    /// - Parameter kind: the kind of the file, judged by its name.
    init(file: UnsafeBufferPointer<UInt8>, range: Range<Int>, of kind: FileKind) {
        self.file = file
        self.kind =
            switch kind {
            case .pipeline(let kind): kind
            case .compose: .compose
            default: .kubernetes
            }
        isOfContainers =
            kind == .compose || kind == .chartHelper || ByteSearch.contains(Self.apiVersion, in: file, range)
        isPartial = ByteSearch.contains(Self.definition, in: file, range)
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func findings() -> [Finding] {
        var findings: [Finding] = []
        while position < end {
            let lineEnd = min(ByteSearch.first(10, in: file, from: position) ?? end, end)
            let line = file[position..<lineEnd]
            let indent = line.prefix { $0 == 32 }.count
            let text = TracedText(line, origin: position).trimmed
            let item = indent == item?.indent ? item : nil
            if let finding = finding(text, isOfContainer: isOfContainers || item != nil)
                ?? setting(text, of: item?.name)
            {
                findings.append(finding)
            }
            self.item =
                isPartial && text.bytes.starts(with: "- name: ".utf8)
                ? (text[8..<text.count].trimmed, indent + 2) : nil
            position = TemplateAction.endOfComment(beginningIn: position..<lineEnd, of: file) ?? lineEnd + 1
        }
        return findings
    }

    private func finding(_ line: TracedText, isOfContainer: Bool) -> Finding? {
        var line = line
        if line.bytes.starts(with: "- ".utf8) { line = line[2..<line.count].trimmed }
        guard line.bytes.starts(with: "image:".utf8), line.count > 6, TracedText.isBlank(line.bytes[6]) else {
            return nil
        }
        let value = Self.value(line[6..<line.count])
        guard let range = value.coveringRange else { return nil }
        let text = value.string
        if let reference = ImageName.reference(text) {
            guard isOfContainer || ImageText.isListed(text) else { return nil }
            return Finding(
                kind: kind, range: range, text: text, meaning: .reference(reference),
                parts: ReferencePart.parts(of: value))
        }
        return open(value, kind)
    }

    /// A setting whose name says that it is an image, with the value of a template: `A_IMAGE: {{ … }}`, or
    /// `value: {{ … }}` in an item of this name.
    private func setting(_ line: TracedText, of item: TracedText?) -> Finding? {
        guard isPartial, let (key, rest) = line.cut(at: UInt8(ascii: ":")),
            rest.bytes.first.map(TracedText.isBlank) == true
        else { return nil }
        let name = key.string == "value" ? item?.string ?? "" : key.string
        let value = Self.value(rest)
        // A field like `pullImage` may be a switch.
        guard ImageText.isImageName(name), !name.hasSuffix("Image"), value.bytes.starts(with: "{{".utf8),
            name.allSatisfy({ $0.isLetter || $0.isNumber || "_-.".contains($0) })
        else { return nil }
        return open(value, .kubernetesSetting)
    }

    private func open(_ value: TracedText, _ kind: FindingKind) -> Finding? {
        let text = value.string
        guard let range = value.coveringRange, let name = TemplateText.variable(in: text) else { return nil }
        return Finding(kind: kind, range: range, text: text, meaning: .unresolved(name), parts: [])
    }

    /// The text of a value, without its quotes and without a comment.
    private static func value(_ text: TracedText) -> TracedText {
        var value = text.trimmed
        if let comment = value.string.place(of: " #") {
            value = value[0..<value.string.utf8.distance(from: value.string.startIndex, to: comment.lowerBound)].trimmed
        }
        let quote = value.bytes.first
        if let quote, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), value.count > 1,
            value.bytes.last == quote
        {
            value = value[1..<value.count - 1]
        }
        return value
    }
}
