// SPDX-License-Identifier: Apache-2.0

import OCI

/// Names of images in variables and matrices of a pipeline that something else uses, too: a condition, the name of an
/// artifact, the key of a cache. A longer name would be no such name, or not the same one.
struct NameUses {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let found: [Range<Int>]
    /// The values of matrices of GitHub's and GitLab's jobs, each with the expression that means it.
    private let matrix: [(place: Range<Int>, expression: String)]
    /// The values by which matrices leave out combinations.
    private let excluded: Set<String>

    init(_ view: YAMLView, _ findings: [Finding]) {
        self.view = view
        found = findings.map(\.range)
        let isGitHub = findings.contains { $0.kind == .githubActions }
        let isGitLab = findings.contains { $0.kind == .gitlabCI }
        matrix = isGitHub ? Self.matrix(in: view) : isGitLab ? Self.gitlabMatrix(in: view) : []
        excluded = isGitHub ? Self.excluded(in: view) : []
    }

    private static func gitlabMatrix(in view: YAMLView) -> [(place: Range<Int>, expression: String)] {
        let document = view.document
        let rows = GitLabVariables(view: view).jobs.flatMap { job -> [Index] in
            document.value(at: ["parallel", "matrix"], in: job.index).map { document.items($0) } ?? []
        }
        return rows.flatMap { document.entries($0) }.flatMap { key, value in
            let values = document.kind(value) == .sequence ? document.items(value) : [value]
            return values.map { (view.place(of: $0), "$" + (document.string(key) ?? "")) }
        }
    }

    private static func excluded(in view: YAMLView) -> Set<String> {
        let document = view.document
        let jobs = document.value("jobs", in: view.root).map { document.entries($0) } ?? []
        let rows = jobs.flatMap { job -> [Index] in
            document.value(at: ["strategy", "matrix", "exclude"], in: job.value).map { document.items($0) } ?? []
        }
        return Set(rows.flatMap { document.entries($0) }.compactMap { document.string($0.value) })
    }

    private static func matrix(in view: YAMLView) -> [(place: Range<Int>, expression: String)] {
        let document = view.document
        let jobs = document.value("jobs", in: view.root).map { document.entries($0) } ?? []
        return jobs.flatMap { job -> [(place: Range<Int>, expression: String)] in
            guard let matrix = document.value(at: ["strategy", "matrix"], in: job.value) else { return [] }
            let included = document.value("include", in: matrix).map { document.items($0) } ?? []
            return ([matrix] + included).flatMap { document.entries($0) }.flatMap { key, value in
                let values = document.kind(value) == .sequence ? document.items(value) : [value]
                let name = document.string(key) ?? ""
                return values.filter { document.kind($0) == .scalar }.map { (view.place(of: $0), "matrix." + name) }
            }
        }
    }

    /// The findings, with advice for those whose names are used for something else.
    func advised(_ findings: [Finding]) -> [Finding] {
        // The values of one matrix have one expression.
        var uses = KnownUses()
        return findings.map { finding in
            let own = matrix.first { $0.place.overlaps(finding.range) }
            if own != nil, excluded.contains(finding.text) {
                var finding = finding
                finding.advice = "the matrix leaves it out somewhere by this text: change both"
                return finding
            }
            guard let text = finding.nameExpression ?? own.map({ ($0.expression, true) }),
                let use = uses.first(of: text.expression, isWhole: text.isWhole, in: self)
            else { return finding }
            var finding = finding
            finding.advice = "\(text.expression) is used for something else, too: \(use.displayable)"
            return finding
        }
    }

    private struct KnownUses {
        private var known: [String: String?] = [:]

        mutating func first(of expression: String, isWhole: Bool, in uses: NameUses) -> String? {
            let key = (isWhole ? "=" : "") + expression
            if let known = known[key] { return known }
            let use = uses.use(of: expression, isWhole: isWhole)
            known[key] = .some(use)
            return use
        }
    }

    /// The first other text with an expression; of a whole reference only one in which it is no image.
    private func use(of expression: String, isWhole: Bool) -> String? {
        let document = view.document
        let word = SearchWord(expression)
        for node in document.nodes.indices {
            let (node, kind) = (Index(node), document.nodes[node].kind)
            let keyed = kind == .mapping ? document.entries(node) : []
            let items = kind == .sequence ? document.items(node).map { (node, $0) } : []
            for (key, value) in keyed + items where document.kind(value) == .scalar {
                guard let text = document.string(value), text.holds(word), !isTitle(key, of: node),
                    !isWhole || Self.isOther(text, expression) || isLabel(key), !isFound(value),
                    isWord(expression, in: text)
                else { continue }
                return String(text.prefix { $0 != "\n" }.prefix(80))
            }
        }
        return nil
    }

    private static let comparisons = ["==", "!=", "=~", "startsWith(", "endsWith("]

    /// Whether a text compares a whole image, or makes it a part of a longer word, such as the name of a file.
    private static func isOther(_ text: String, _ expression: String) -> Bool {
        if comparisons.contains(where: text.contains) { return true }
        guard let place = text.place(of: expression) else { return false }
        // The marks of GitHub are a part of the expression: `${{ matrix.image }}`.
        let front = withoutMark("${{", Array(text[..<place.lowerBound].utf8.reversed()))
        let back = withoutMark("}}", Array(text[place.upperBound...].utf8))
        let before = front.first.map { VariableUse.isNameByte($0) || "-.".utf8.contains($0) } ?? false
        let isInFolder = front.first == UInt8(ascii: "/") && front.dropFirst().first != UInt8(ascii: "/")
        let behind = back.first.map { "-_/".utf8.contains($0) } ?? false
        let isFile = back.first == UInt8(ascii: ".") && back.dropFirst().first.map(VariableUse.isNameByte) ?? false
        return before || isInFolder || behind || isFile
    }

    /// Bytes without a mark and blanks at their beginning; the bytes themselves if there is none.
    private static func withoutMark(_ mark: String, _ bytes: [UInt8]) -> ArraySlice<UInt8> {
        let rest = bytes.drop { $0 == 32 }
        let mark = mark == "}}" ? Array(mark.utf8) : mark.utf8.reversed()
        return rest.starts(with: mark) ? rest.dropFirst(mark.count) : bytes[...]
    }

    /// Whether a key names something that is kept under this name: an artifact, a cache. It has no slash.
    private func isLabel(_ key: Index) -> Bool {
        view.document.isText(key, "key") || view.document.isText(key, "name")
    }

    /// Whether a key names a workflow, a job or a step for people only.
    private func isTitle(_ key: Index, of mapping: Index) -> Bool {
        view.document.isText(key, "name")
            && ["run", "uses", "steps", "runs-on", "jobs"].contains { view.document.value($0, in: mapping) != nil }
    }

    private func isFound(_ value: Index) -> Bool {
        let place = view.place(of: value)
        return found.contains { $0.overlaps(place) }
    }

    /// Whether an expression stands in a text and not only the beginning of a longer one.
    private func isWord(_ expression: String, in text: String) -> Bool {
        guard let place = text.place(of: expression) else { return false }
        return text[place.upperBound...].utf8.first.map { !VariableUse.isNameByte($0) } ?? true
    }
}

extension Finding {
    /// The variable that holds the image's name, if the name is elsewhere and without a registry.
    fileprivate var nameExpression: (expression: String, isWhole: Bool)? {
        guard reference != nil,
            parts.contains(where: { [.name, .reference].contains($0.field) && !$0.range.overlaps(range) })
        else { return nil }
        switch kind {
        case .githubActions:
            guard let start = text.place(of: "matrix.") else { return nil }
            let name = text[start.upperBound...].prefix { $0.isLetter || $0.isNumber || "_-.".contains($0) }
            return ("matrix." + name, text.hasPrefix("${{") && text.hasSuffix("}}"))
        case .gitlabCI:
            guard let use = VariableUse.all(in: TracedText(untraced: text)).first else { return nil }
            return ("$" + use.name, !use.isPart)
        default: return nil
        }
    }
}
