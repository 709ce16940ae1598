// SPDX-License-Identifier: Apache-2.0

/// The values that texts of templates mention.
extension Chart {
    /// Whether a text begins with a value, or with the first value that is set of several, and no slash follows:
    /// `{{ .image.repository }}:{{ … }}`.
    static func beginsWithName(_ text: String) -> Bool {
        let tokens = ChartTokens(text).tokens
        guard tokens.count > 1, case .text(let front) = tokens[0], front.allSatisfy({ " \"'".contains($0) }),
            case .action(let action, _) = tokens[1]
        else { return false }
        let words = ChartTokens.words(action).filter { !["default", "coalesce", "|"].contains($0) }
        guard !words.isEmpty, words.allSatisfy(isField) else { return false }
        if tokens.count > 2, case .text(let next) = tokens[2] { return next.first != "/" }
        return true
    }

    /// Whether a word refers to a field and calls no function: `.a.b`, `$image.name`, `((.a).b)`.
    private static func isField(_ word: Substring) -> Bool {
        guard let first = word.first, ".$(".contains(first), word.contains(".") else { return false }
        return word.allSatisfy { $0.isLetter || $0.isNumber || "._$()".contains($0) }
    }

    /// The paths of the values that a text mentions, and of those that the templates it includes mention.
    func paths(in text: String, depth: Int) -> [[String]] {
        guard depth < 4 else { return [] }
        var paths: [[String]] = []
        var rest = text[...]
        while let start = rest.place(of: ".Values.") {
            let path = rest[start.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
            paths.append(path.split(separator: ".").map(String.init))
            rest = rest[start.upperBound...]
        }
        for function in ["include \"", "template \""] {
            rest = text[...]
            while let start = rest.place(of: function) {
                let name = rest[start.upperBound...].prefix { $0 != "\"" }
                if let body = definitions[String(name)] { paths += self.paths(in: body, depth: depth + 1) }
                rest = rest[start.upperBound...]
            }
        }
        return paths
    }

    /// The paths of the values that a value mentions, if it is a template itself (`tpl`) and does not begin with a
    /// value.
    func filledIn(at path: [String], _ view: YAMLView) -> [[String]] {
        guard let index = view.document.value(at: path, in: view.root), let text = view.document.string(index),
            text.contains("{{"), !Self.beginsWithName(text)
        else { return [] }
        return paths(in: text, depth: 1)
    }

    /// Whether a text mentions a scalar that is an image's name, or includes a template that makes one from an image's
    /// fields.
    func holdsOne(
        of findings: [Finding], in text: String, paths: [[String]], _ view: YAMLView
    ) -> Bool {
        let isMadeElsewhere = text.contains("include") || text.contains("template")
        return paths.contains { path in
            guard let index = view.document.value(at: path, in: view.root),
                isMadeElsewhere || view.document.kind(index) == .scalar
            else { return false }
            let scalars = Self.scalars(of: index, in: view.document, depth: 0).map { view.place(of: $0) }
            return findings.contains { scalars.contains($0.range) }
        }
    }

    /// A scalar, or the scalars of a mapping and of the mappings in it.
    private static func scalars(
        of index: YAMLDocument.Index, in document: YAMLDocument, depth: Int
    ) -> [YAMLDocument.Index] {
        if document.kind(index) == .scalar { return [document.resolved(index)] }
        guard depth < 2 else { return [] }
        return document.entries(index).flatMap { scalars(of: $0.value, in: document, depth: depth + 1) }
    }

    /// The places of the scalars at and below the paths.
    static func places(at paths: [[String]], _ view: YAMLView) -> [Range<Int>] {
        paths.compactMap { view.document.value(at: $0, in: view.root) }
            .flatMap { scalars(of: $0, in: view.document, depth: 0) }.map { view.place(of: $0) }
    }
}
