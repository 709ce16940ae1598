// SPDX-License-Identifier: Apache-2.0

/// Reads the variables that a pipeline sets for the shell text below them.
struct PipelineVariableReader {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let kind: FindingKind
    /// The names that got values in the current place; nil if the values are added to those of the surrounding place.
    private var replaced: Set<String>?

    /// - Parameter isOwn: whether the values replace those of the surrounding place.
    init(view: YAMLView, kind: FindingKind, isOwn: Bool) {
        (self.view, self.kind) = (view, kind)
        replaced = isOwn ? [] : nil
    }

    private var document: YAMLDocument { view.document }

    /// - Parameters:
    ///   - value: the value of the key for variables.
    ///   - scope: the prefix of the shell names for the current job's matrix.
    mutating func read(_ value: Index, in scope: String?, into shell: inout ShellScanner) {
        if kind == .travis {
            environment(value, in: scope, into: &shell, depth: 0)
        } else {
            list(value, in: scope, into: &shell)
        }
    }

    /// Reads the matrix of a job of Azure, which has variables for each run (learn.microsoft.com, "jobs.job.strategy"), or
    /// that of a step of Buildkite: values, or values for each name (buildkite.com/docs, "Build matrix").
    func read(matrix: Index, into shell: inout ShellScanner) {
        shell.variables.assign(turns: kind == .azurePipelines ? runs(of: matrix) : combinations(of: matrix))
    }

    private func runs(of strategy: Index) -> [[String: TracedText]] {
        let matrix = document.value("matrix", in: strategy)
        return (matrix.map { document.entries($0) } ?? []).prefix(Choices.limit).map { _, run in
            document.entries(run).reduce(into: [:]) { row, entry in
                if let name = document.string(entry.key), let text = view.text(entry.value) { row[name] = text }
            }
        }
    }

    private func combinations(of matrix: Index) -> [[String: TracedText]] {
        let setup = document.value("setup", in: matrix) ?? matrix
        let named = document.entries(setup).map { (name: "." + (document.string($0.key) ?? ""), values: $0.value) }
        let axes = document.kind(setup) == .sequence ? [(name: "", values: setup)] : named
        var choices = Choices()
        choices.add(
            combinationsOf: axes.map { axis in
                (axis.name, view.texts(axis.values).map { [PipelineMacros.matrix(axis.name): $0] })
            })
        return choices.rows
    }

    /// Reads `NAME: value`, `NAME: {value: value}`, `NAME: [value, value]`, or a list of `{name, value}`.
    private mutating func list(_ list: Index, in scope: String?, into shell: inout ShellScanner) {
        for item in document.items(list) {
            guard let name = document.value("name", in: item).flatMap(document.string),
                let value = document.value("value", in: item)
            else { continue }
            assign(name, value, in: scope, to: &shell)
        }
        for (key, value) in document.allEntries(list) {
            if let name = document.string(key) { assign(name, value, in: scope, to: &shell) }
        }
    }

    /// Reads Travis' `NAME=value OTHER=value`, as a text or in a list. They are for all jobs (`global`), or each is for
    /// one job (`jobs`, `matrix`).
    private mutating func environment(
        _ value: Index, in scope: String?, into shell: inout ShellScanner, depth: Int
    ) {
        guard depth < Self.environmentLimit else { return }
        if document.kind(value) == .scalar, let text = view.text(value) { shell.read(SourceText(text)) }
        for item in document.items(value) { environment(item, in: scope, into: &shell, depth: depth + 1) }
        for (key, value) in document.allEntries(value) {
            guard let name = document.string(key) else { continue }
            if ["global", "jobs", "matrix"].contains(name), document.kind(value) != .scalar {
                environment(value, in: scope, into: &shell, depth: depth + 1)
            } else {
                assign(name, value, in: scope, to: &shell)
            }
        }
    }

    /// The levels are `env`, `global`, a list and its items.
    private static let environmentLimit = 4

    private mutating func assign(_ name: String, _ value: Index, in scope: String?, to shell: inout ShellScanner) {
        if let inner = document.value("value", in: value) { return assign(name, inner, in: scope, to: &shell) }
        let items = document.items(value).compactMap { view.text($0) }
        let known = PipelineText(view: view, kind: kind).text(value, in: scope, with: shell.variables)
        if known != nil || !items.isEmpty, replaced?.insert(name).inserted == true { shell.variables.forget(name) }
        // Each value of a matrix is for one run.
        if !items.isEmpty { shell.variables.assign(name, list: items) }
        guard let text = known else { return }
        let turns = shell.variables.tableTurns(of: text)
        if turns.isEmpty { shell.variables.assign(name, text) } else { shell.variables.assign(name, list: turns) }
        shell.add(setting: name, text)
    }
}
