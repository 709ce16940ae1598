// SPDX-License-Identifier: Apache-2.0

/// GitHub's workflows and actions, and those of other programs with the same format.
extension PipelineScanner {
    /// Reads workflows, and actions (`runs`).
    mutating func githubActions() {
        var expressions = Placeholders("${{", "}}")
        expressions.values = inputValues()
        placeholders = expressions
        for job in values("jobs", in: view.root) {
            let matrix = GitHubMatrix(of: job, in: view)
            choices = matrix.choices
            result.warnings += matrix.warnings
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

    /// Reads what an action runs in: an image, or an image built from a Dockerfile in the same folder.
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

    /// The values of a workflow's inputs: those that the caller gives, otherwise the defaults.
    private func inputValues() -> [String: TracedText] {
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
        for (name, text) in given { defaults["inputs." + name] = TracedText(untraced: text) }
        return defaults
    }
}
