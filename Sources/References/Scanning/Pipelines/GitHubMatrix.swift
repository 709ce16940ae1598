// SPDX-License-Identifier: Apache-2.0

/// The combinations of a GitHub job's matrix (docs.github.com, "Running variations of jobs in a workflow").
struct GitHubMatrix {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    /// The values that each combination gives to names: `matrix.image`, `matrix.config.image`.
    private(set) var choices = Choices()
    private(set) var warnings: [ScanProblem] = []

    private var document: YAMLDocument { view.document }

    init(of job: Index, in view: YAMLView) {
        self.view = view
        guard let matrix = view.document.value(at: ["strategy", "matrix"], in: job) else { return }
        var axes: [(name: String, values: [[String: TracedText]])] = []
        for (key, value) in document.entries(matrix) {
            guard let name = document.string(key), name != "include", name != "exclude" else { continue }
            axes.append((name, document.items(value).map { flattened($0, "matrix." + name) }))
        }
        choices.add(combinationsOf: axes)
        let told = warnings
        let excluded = rows("exclude", in: matrix)
        warnings = told
        choices.remove { row in excluded.contains { !$0.isEmpty && Self.agrees($0, with: row) } }
        include(rows("include", in: matrix), beside: axes.map(\.name))
    }

    private mutating func rows(_ key: String, in matrix: Index) -> [[String: TracedText]] {
        let items = document.value(key, in: matrix).map(document.items) ?? []
        return items.map { flattened($0, "matrix") }
    }

    /// Adds an `include` entry to every combination in which it changes no value. If there is none, the entry is a
    /// combination of its own.
    private mutating func include(_ entries: [[String: TracedText]], beside axes: [String]) {
        let combinations = choices.rows
        for entry in entries where !entry.isEmpty {
            let fixed = entry.filter { Self.isOf($0.key, axes) }
            let matching = combinations.indices.filter { Self.agrees(fixed, with: combinations[$0]) }
            if matching.isEmpty { choices.add(entry) }
            for index in matching { choices.extend(at: index, with: entry) }
        }
    }

    /// Whether a name belongs to one of the axes. The axis of `matrix.config.image` is `config`.
    private static func isOf(_ name: String, _ axes: [String]) -> Bool {
        let parts = name.split(separator: ".")
        return parts.count > 1 && axes.contains(String(parts[1]))
    }

    private static func agrees(_ entry: [String: TracedText], with row: [String: TracedText]) -> Bool {
        entry.allSatisfy { row[$0.key]?.string == $0.value.string }
    }

    /// The texts below a value by name, such as `matrix.config.image`.
    private mutating func flattened(_ index: Index, _ name: String, depth: Int = 0) -> [String: TracedText] {
        if document.kind(index) == .scalar { return view.text(index).map { [name: number($0, index)] } ?? [:] }
        guard document.kind(index) == .mapping, depth < Self.depthLimit else { return [:] }
        return document.entries(index).reduce(into: [:]) { result, entry in
            guard let key = document.string(entry.key) else { return }
            result.merge(flattened(entry.value, name + "." + key, depth: depth + 1)) { $1 }
        }
    }

    /// The deepest nesting of mappings in a value.
    private static let depthLimit = 4

    /// The text of a value. A plain number loses its trailing zeros: `3.10` is 3.1.
    private mutating func number(_ text: TracedText, _ index: Index) -> TracedText {
        guard let number = PlainNumber(view, index) else { return text }
        warnings.append(number.warning("GitHub"))
        return number.text(text)
    }
}
