// SPDX-License-Identifier: Apache-2.0

/// A container's environment and the parameters around it, as shell variables.
struct ContainerVariables {
    private(set) var values = ShellVariables()
    /// The names of the parameters, by the shell variables that stand for them.
    private(set) var parameters: [String: String] = [:]
    private let placeholders: Placeholders
    private var names: [String: String] = [:]
    /// `$(NAME)`, a reference to the environment (kubernetes.io/docs, "Define Dependent Environment Variables").
    private let references = Placeholders("$(", ")")
    private var environment: Set<String> = []

    init(of container: YAMLDocument.Index, _ parameters: ResourceParameters, in view: YAMLView) {
        placeholders = parameters.placeholders
        take(parameters.turns)
        for item in view.document.value("env", in: container).map(view.document.items) ?? [] {
            guard let name = view.document.value("name", in: item).flatMap(view.document.string),
                let value = view.document.value("value", in: item).flatMap({ view.text($0) })
            else { continue }
            values.assign(name, asShell(value))
            environment.insert(name)
        }
    }

    private mutating func take(_ turns: [[String: TracedText]]) {
        for (number, name) in Set(turns.flatMap(\.keys)).sorted().enumerated() { names[name] = "parameter_\(number)" }
        for (name, variable) in names { parameters[variable] = name }
        values.assign(
            turns: turns.map { row in
                row.reduce(into: [:]) { turn, entry in
                    if let name = names[entry.key] { turn[name] = entry.value }
                }
            })
    }

    /// Rewrites a text as a shell would write it. Names without a value stay unchanged.
    func asShell(_ text: TracedText) -> TracedText {
        let filled = names.isEmpty ? text : placeholders.asShell(text) { names[$0] }
        return references.asShell(filled) { environment.contains($0) ? $0 : nil }
    }
}
