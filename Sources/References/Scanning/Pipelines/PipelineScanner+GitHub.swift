// SPDX-License-Identifier: Apache-2.0

/// GitHub's workflows and actions, and those of programs that take them.
extension PipelineScanner {
    /// Workflows, and actions (`runs`).
    mutating func githubActions() {
        var expressions = Placeholders("${{", "}}")
        expressions.values = inputDefaults()
        placeholders = expressions
        for job in values("jobs", in: view.root) {
            choices = matrix(of: job)
            if let container = document.value("container", in: job) { image(container, field: "image") }
            for service in values("services", in: job) { field("image", of: service) }
            builds(of: job)
            choices = Choices()
            steps(of: job)
        }
        if let runs = document.value("runs", in: view.root) {
            if let image = document.value("image", in: runs), let text = view.text(image) { action(image, text) }
            builds(of: runs)
            steps(of: runs)
        }
    }

    /// What an action runs in: an image, or what is built of a Dockerfile beside it.
    private mutating func action(_ image: Index, _ text: TracedText) {
        let scheme = "docker://"
        if text.bytes.starts(with: scheme.utf8) { return add(image, prefix: scheme) }
        result.followUps += BuildCommand(file: text).followUps()
    }

    private mutating func steps(of job: Index) {
        for step in items("steps", in: job) {
            guard let uses = document.value("uses", in: step) else { continue }
            add(uses, prefix: "docker://")
        }
    }

    /// What a workflow's inputs are where nobody gives them.
    private func inputDefaults() -> [String: TracedText] {
        var defaults: [String: TracedText] = [:]
        for trigger in ["workflow_call", "workflow_dispatch"] {
            guard let holder = document.value(at: ["on", trigger], in: view.root) else { continue }
            for (key, input) in entries("inputs", in: holder) {
                guard let name = document.string(key), let value = document.value("default", in: input),
                    let text = view.text(value), !text.isEmpty
                else { continue }
                defaults["inputs." + name] = text
                defaults["github.event.inputs." + name] = text
            }
        }
        return defaults
    }

    // MARK: - Matrix

    /// All combinations, and each of `include` by itself (GitHub, "Running variations of jobs in a workflow").
    private mutating func matrix(of job: Index) -> Choices {
        var choices = Choices()
        guard let matrix = document.value(at: ["strategy", "matrix"], in: job) else { return choices }
        var axes: [(name: String, values: [[String: TracedText]])] = []
        for (key, value) in document.entries(matrix) {
            guard let name = document.string(key), name != "include", name != "exclude" else { continue }
            axes.append((name, document.items(value).map { flattened($0, "matrix." + name) }))
        }
        choices.add(combinationsOf: axes)
        for entry in items("include", in: matrix) { choices.add(flattened(entry, "matrix")) }
        return choices
    }

    /// `matrix.config.image` for each text below a value.
    private mutating func flattened(_ index: Index, _ name: String) -> [String: TracedText] {
        guard document.kind(index) == .mapping else { return view.text(index).map { [name: number($0, index)] } ?? [:] }
        var result: [String: TracedText] = [:]
        for (key, value) in document.entries(index) where document.kind(value) == .scalar {
            if let key = document.string(key), let text = view.text(value) {
                result[name + "." + key] = number(text, value)
            }
        }
        return result
    }

    /// A number loses its zeros before anything is made of it: `3.10` is 3.1.
    private mutating func number(_ text: TracedText, _ index: Index) -> TracedText {
        guard let number = PlainNumber(view, index) else { return text }
        result.warnings.append(number.warning("GitHub"))
        return number.text(text)
    }
}
