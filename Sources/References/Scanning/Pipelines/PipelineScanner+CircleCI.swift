// SPDX-License-Identifier: Apache-2.0

/// CircleCI's configurations, and the configurations with which they continue.
extension PipelineScanner {
    mutating func circleCI() {
        var expressions = Placeholders("<<", ">>")
        expressions.values = defaults(of: view.root, "pipeline.parameters.")
        placeholders = expressions
        circleCI(jobsOf: view.root)
        // Inline orbs hold jobs and executors of their own.
        for orb in values("orbs", in: view.root) where document.kind(orb) == .mapping { circleCI(jobsOf: orb) }
        continuations()
    }

    private mutating func circleCI(jobsOf root: Index) {
        for section in ["jobs", "executors"] {
            for (key, holder) in entries(section, in: root) {
                choices = callers(of: document.string(key) ?? "", defaults: defaults(of: holder, "parameters."))
                containers(of: holder)
                if let executor = document.value("executor", in: holder) { containers(of: executor) }
                choices = Choices()
            }
        }
    }

    private mutating func containers(of holder: Index) {
        for container in items("docker", in: holder) { field("image", of: container) }
    }

    /// The default values of parameters.
    private func defaults(of holder: Index, _ prefix: String) -> [String: TracedText] {
        var defaults: [String: TracedText] = [:]
        for (key, parameter) in entries("parameters", in: holder) {
            guard let name = document.string(key), let value = document.value("default", in: parameter),
                let text = view.text(value)
            else { continue }
            defaults[prefix + name] = text
        }
        return defaults
    }

    /// The values that workflows, and jobs that name an executor, give to parameters; otherwise the parameters'
    /// defaults.
    private func callers(of name: String, defaults: [String: TracedText]) -> Choices {
        var choices = Choices()
        for call in calls(of: name) {
            let given = document.entries(call).filter { document.kind($0.value) == .scalar }
            let matrix = document.value("matrix", in: call).map { entries("parameters", in: $0) } ?? []
            var single = defaults
            for (key, value) in given {
                if let key = document.string(key), let text = view.text(value) { single["parameters." + key] = text }
            }
            let axes = matrix.compactMap { key, value -> (name: String, values: [[String: TracedText]])? in
                guard let key = document.string(key) else { return nil }
                return (key, view.texts(value).map { ["parameters." + key: $0] })
            }
            choices.add(combinationsOf: [("", [single])] + axes)
        }
        if choices.rows.isEmpty, !defaults.isEmpty { choices.add(defaults) }
        return choices
    }

    /// The mappings with which workflows run a job, and with which jobs name an executor and its parameters.
    private func calls(of name: String) -> [Index] {
        let runs = values("workflows", in: view.root).flatMap { items("jobs", in: $0) }
            .compactMap { document.value(name, in: $0) }
        let executors = values("jobs", in: view.root).compactMap { document.value("executor", in: $0) }
            .filter { document.value("name", in: $0).flatMap(document.string) == name }
        return runs + executors
    }

    // MARK: - Continuation

    /// Follows the file with which a setup workflow continues (circleci.com, "Dynamic configuration"). Paths begin at
    /// the project's folder.
    private mutating func continuations() {
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            for key in ["configuration_path", "config-path"] {
                guard let value = document.value(key, in: Index(node)), let path = document.string(value),
                    path.hasSuffix(".yml") || path.hasSuffix(".yaml"), !path.contains("<<"), !path.contains("$")
                else { continue }
                result.followUps.append(FollowUp(path: "../" + path, kind: .pipelinePart(.circleCI)))
            }
        }
    }
}
