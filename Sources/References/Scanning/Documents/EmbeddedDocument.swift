// SPDX-License-Identifier: Apache-2.0

/// YAML or JSON as a text inside another file.
enum EmbeddedDocument {
    typealias Index = YAMLDocument.Index

    enum Content: Hashable {
        /// Resources.
        case manifests
        /// A chart's values.
        case values
        /// Resources or a Compose file.
        case byContent
        /// Anything, with images under the keys that are called `image` or `…Image`, as texts or in fields.
        case keys
    }

    /// Finds the images of a text. Finds nothing if the text is not YAML.
    ///
    /// - Parameters:
    ///   - text: a text whose bytes know their offsets in the file.
    ///   - kind: the kind that all findings get.
    ///   - depth: how many texts are around this one.
    ///   - isTemplate: whether the file's template actions are blanked out in the text.
    static func findings(
        in text: TracedText, of file: UnsafeBufferPointer<UInt8>, _ content: Content, kind: FindingKind, depth: Int = 0,
        isTemplate: Bool = false
    ) -> [Finding] {
        var findings: [Finding] = []
        text.bytes.withUnsafeBufferPointer { buffer in
            var stream = YAMLStream(buffer)
            var document = YAMLDocument(buffer)
            while let range = stream.next() {
                guard mayHoldImages(range, of: buffer), (try? document.parse(range)) != nil, document.root >= 0 else {
                    continue
                }
                let view = YAMLView(
                    document: document, origins: OriginMap(text), file: file, isTemplate: isTemplate)
                findings += self.findings(in: view, content, kind, depth: depth)
            }
        }
        return findings.map { finding in
            var finding = finding
            finding.kind = kind
            return finding
        }
    }

    /// Finds the images of a part of a document, as if it were a document of its own.
    static func findings(
        at index: Index, of view: YAMLView, _ content: Content, kind: FindingKind
    ) -> [Finding] {
        let part = YAMLView(
            document: view.document.part(at: index), origins: view.origins, file: view.file,
            isTemplate: view.isTemplate)
        return findings(in: part, content, kind, depth: 0).map { finding in
            var finding = finding
            finding.kind = kind
            return finding
        }
    }

    /// The text with each `${…}` written as `$(…)`. YAML does not take `$(…)` for syntax, and it is unresolved in every
    /// place.
    ///
    /// - Parameter inShellText: whether a backslash before a dollar sign means that the sign is one of the text: then it
    ///   stays, without the backslash.
    static func withoutSubstitutions(_ text: TracedText, inShellText: Bool = false) -> TracedText {
        var result = TracedText(capacity: text.count)
        var level = 0
        func isEscape(_ index: Int) -> Bool {
            inShellText && index >= 0 && text.bytes[index...].starts(with: "\\$".utf8)
        }
        for index in 0..<text.count where !isEscape(index) {
            var byte = text.bytes[index]
            let isOpening =
                byte == UInt8(ascii: "{")
                && (level > 0 || index > 0 && "$%".utf8.contains(text.bytes[index - 1]) && !isEscape(index - 2))
            if isOpening {
                level += 1
                byte = UInt8(ascii: "(")
            } else if byte == UInt8(ascii: "}"), level > 0 {
                level -= 1
                byte = UInt8(ascii: ")")
            } else if level > 0, "[],\"'".utf8.contains(byte) {
                byte = UInt8(ascii: "_")
            } else if byte == 10 {
                level = 0
            }
            result.append(byte, origin: text.origins[index])
        }
        return result
    }

    /// Whether a document or a text mentions images at all. No other one is read.
    static func mayHoldImages(_ range: Range<Int>, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        images.contains { ByteSearch.contains($0, in: bytes, range) }
    }

    private static let images = ["mage", "IMAGE"].map { SearchWord($0) }

    private static func findings(
        in view: YAMLView, _ content: Content, _ kind: FindingKind, depth: Int
    ) -> [Finding] {
        switch content {
        case .manifests:
            var scanner = KubernetesScanner(view: view)
            scanner.scan()
            let known = Set(scanner.findings.map(\.range))
            var settings = ResourceSettingScanner(view: view, depth: depth + 1)
            return scanner.findings + settings.findings().filter { !known.contains($0.range) }
        case .byContent:
            guard ComposeScanner.isCompose(view.document) else {
                return findings(in: view, .manifests, kind, depth: depth)
            }
            var scanner = ComposeScanner(view: view, variables: Variables())
            scanner.scan()
            return scanner.result.findings
        case .values:
            var scanner = HelmValuesScanner(view: view, root: view.root)
            scanner.scan()
            return scanner.findings + ResourceSettingScanner.findings(inValues: view, except: scanner.findings)
        case .keys:
            // Any file may hold a chart's values, which a resource names.
            var scanner = HelmValuesScanner(view: view, root: view.root, takesPlainShapesOnly: true)
            scanner.scan()
            return keys(of: view, kind) + scanner.findings
        }
    }

    /// In a text of unknown meaning, an image has to look like one or contain a variable.
    private static func isImage(_ text: String) -> Bool {
        ImageText.reference(ofSetting: text) != nil || text.contains("$(") || text.contains("{{")
    }

    private static func keys(of view: YAMLView, _ kind: FindingKind) -> [Finding] {
        let document = view.document
        return document.nodes.indices.flatMap { index -> [Finding] in
            document.entries(Index(index)).compactMap { key, value in
                guard let text = document.string(value), isImage(text, under: key, of: document) else { return nil }
                return view.finding(kind, at: value)
            }
        }
    }

    /// A key that only ends in `Image` may hold a picture or an option. There, the text needs a tag, a digest or a
    /// host.
    private static func isImage(_ text: String, under key: Index, of document: YAMLDocument) -> Bool {
        if document.isText(key, "image") { return isImage(text) }
        return ImageText.isListed(text) && document.string(key).map(ImageText.isImageName) == true
    }
}
