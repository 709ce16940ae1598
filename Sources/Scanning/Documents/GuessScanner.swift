/// Finds texts that look like references anywhere in a document: in arguments, environments, ConfigMaps. They are marked.
struct GuessScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    private let known: Set<Int>
    private(set) var findings: [Finding] = []

    /// - Parameter known: what was found already.
    init(view: YAMLView, known: [Range<Int>]) {
        self.view = view
        self.known = Set(known.map(\.lowerBound))
    }

    mutating func scan() {
        for index in view.document.nodes.indices where view.document.nodes[index].kind == .scalar {
            guess(Index(index))
        }
    }

    private mutating func guess(_ index: Index) {
        guard let text = view.text(index), text.count > 4 else { return }
        var start = 0
        while start < text.count {
            let end = text.bytes[start...].firstIndex(where: Self.separates) ?? text.count
            if end > start { add(text[start..<end], index) }
            start = end + 1
        }
    }

    /// Bytes that no reference holds.
    private static func separates(_ byte: UInt8) -> Bool { byte <= 32 || "\"'`,;=|<>(){}[]$*?!&\\".utf8.contains(byte) }

    private mutating func add(_ text: TracedText, _ index: Index) {
        guard let range = text.contiguousRange, !known.contains(range.lowerBound), ImageName.isLikely(text.string),
            let reference = ImageName.reference(text.string)
        else { return }
        var finding = Finding(
            kind: .kubernetes, range: range, text: text.string, meaning: .reference(reference),
            parts: [ReferencePart(.reference, range, value: text.string, style: view.style(index))])
        finding.isGuess = true
        findings.append(finding)
    }
}
