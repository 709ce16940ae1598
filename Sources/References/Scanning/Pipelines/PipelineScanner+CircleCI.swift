// SPDX-License-Identifier: Apache-2.0

/// CircleCI's configurations, and the configurations with which they continue.
extension PipelineScanner {
    mutating func circleCI() {
        var expressions = Placeholders("<<", ">>")
        expressions.values = defaults(of: view.root, "pipeline.parameters.")
        placeholders = expressions
        let (jobs, executors) = (jobCalls(), executorCalls(in: view.root, as: ""))
        circleCI(jobsOf: view.root, prefix: "", jobs, executors)
        // Inline orbs hold jobs and executors of their own.
        for (key, orb) in entries("orbs", in: view.root) where document.kind(orb) == .mapping {
            let prefix = (document.string(key) ?? "") + "/"
            let own = executorCalls(in: orb, as: prefix)
            circleCI(jobsOf: orb, prefix: prefix, jobs, executors.merging(own) { $0 + $1 })
        }
        continuations()
    }

    private typealias Calls = [String: [Index]]

    /// - Parameter prefix: what others write before the names of the jobs and executors.
    private mutating func circleCI(jobsOf root: Index, prefix: String, _ jobs: Calls, _ executors: Calls) {
        for (section, calls) in [("jobs", jobs), ("executors", executors)] {
            for (key, holder) in entries(section, in: root) {
                let name = prefix + (document.string(key) ?? "")
                choices = callers(calls[name] ?? [], defaults: defaults(of: holder, "parameters."))
                containers(of: holder)
                if let executor = document.value("executor", in: holder) { containers(of: executor) }
                choices = Choices()
            }
        }
    }

    /// What callers give to the parameters of jobs and commands.
    func parameterRows() -> [(holder: Index, rows: [[String: TracedText]])] {
        let calls = ["jobs": jobCalls(), "commands": stepCalls()]
        let orbs = entries("orbs", in: view.root).map { ($0.value, (document.string($0.key) ?? "") + "/") }
        return ([(view.root, "")] + orbs).flatMap { root, prefix in
            calls.flatMap { section, calls in
                entries(section, in: root).map { key, holder in
                    let name = document.string(key) ?? ""
                    let own = (calls[prefix + name] ?? []) + (prefix.isEmpty ? [] : calls[name] ?? [])
                    return (
                        holder,
                        callers(Array(own.prefix(Choices.limit)), defaults: defaults(of: holder, "parameters.")).rows
                    )
                }
            }
        }
    }

    /// The steps that run commands, by the names of the commands: texts, or mappings with parameters.
    private func stepCalls() -> Calls {
        var calls: Calls = [:]
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            for step in ["steps", "pre-steps", "post-steps"].flatMap({ items($0, in: Index(node)) }) {
                if let name = document.string(step) { calls[name, default: []].append(step) }
                for (key, call) in document.entries(step) {
                    if let name = document.string(key) { calls[name, default: []].append(call) }
                }
            }
        }
        return calls
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

    /// The values that workflows, and jobs that name an executor, give to parameters; the parameters' defaults where they
    /// give none.
    private func callers(_ calls: [Index], defaults: [String: TracedText]) -> Choices {
        var choices = Choices()
        for call in calls {
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
            if !single.isEmpty || !axes.isEmpty { choices.add(combinationsOf: [("", [single])] + axes) }
        }
        if choices.rows.isEmpty, !defaults.isEmpty { choices.add(defaults) }
        return choices
    }

    /// The items with which workflows run jobs, by the names of the jobs.
    private func jobCalls() -> Calls {
        var calls: Calls = [:]
        for item in values("workflows", in: view.root).flatMap({ items("jobs", in: $0) }) {
            if let name = document.string(item) { calls[name, default: []].append(item) }
            for (key, call) in document.entries(item) {
                if let name = document.string(key) { calls[name, default: []].append(call) }
            }
        }
        return calls
    }

    /// The places where jobs name an executor, by its name: a text, or a mapping with parameters.
    private func executorCalls(in root: Index, as prefix: String) -> Calls {
        var calls: Calls = [:]
        for executor in values("jobs", in: root).compactMap({ document.value("executor", in: $0) }) {
            let name = document.string(executor) ?? document.value("name", in: executor).flatMap(document.string)
            if let name { calls[prefix + name, default: []].append(executor) }
        }
        return calls
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
