// SPDX-License-Identifier: Apache-2.0

import OCI

/// Names of images in variables and matrices of a pipeline that something else uses, too: a condition, the name of an
/// artifact, the key of a cache. A longer name would be no such name, or not the same one.
struct NameUses {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let found: [Range<Int>]
    /// The values of matrices of GitHub's jobs, each with the expression that means it.
    private let matrix: [(place: Range<Int>, expression: String)]

    init(_ view: YAMLView, _ findings: [Finding]) {
        self.view = view
        found = findings.map(\.range)
        matrix = findings.contains { $0.kind == .githubActions } ? Self.matrix(in: view) : []
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
            let own = finding.kind == .githubActions ? matrix.first { $0.place.overlaps(finding.range) } : nil
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

    /// The first other text with an expression; of a whole reference only a comparison.
    private func use(of expression: String, isWhole: Bool) -> String? {
        let document = view.document
        let word = SearchWord(expression)
        for node in document.nodes.indices {
            let (node, kind) = (Index(node), document.nodes[node].kind)
            let keyed = kind == .mapping ? document.entries(node) : []
            let items = kind == .sequence ? document.items(node).map { (node, $0) } : []
            for (key, value) in keyed + items where document.kind(value) == .scalar {
                guard let text = document.string(value), text.holds(word), !isTitle(key, of: node),
                    !isWhole || text.contains("==") || text.contains("!="), !isFound(value),
                    isWord(expression, in: text)
                else { continue }
                return String(text.prefix { $0 != "\n" }.prefix(80))
            }
        }
        return nil
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
