// SPDX-License-Identifier: Apache-2.0

/// What steps and jobs of GitHub and Azure hand out to those behind them (docs.github.com, "Passing information between
/// jobs"; learn.microsoft.com, "Set variables in scripts").
extension PipelineWalker {
    /// Notes what the text that was read last hands out.
    ///
    /// - Parameters:
    ///   - step: the beginning of the shell names for the step's outputs, or the name of Azure's step; nil if nobody can
    ///     name them.
    ///   - path: the names of the stage and the job of Azure.
    mutating func handOut(as step: String?, in path: [String]) {
        let values = shell.takeHandedValues()
        var named: [String: [HandedValue]] = [:]
        for value in values {
            for name in names(of: value, step, path) { named[name, default: []].append(value) }
        }
        for (name, values) in named.sorted(by: { $0.key < $1.key }) {
            let texts = values.flatMap(\.texts)
            let isVariable = !values.contains { !$0.isVariable }
            if texts.allSatisfy(Self.isKnown) {
                if isVariable { shell.assign(name, texts, everywhere: false) } else { handOut(texts, as: name) }
            } else if isVariable {
                // A value of which nothing is known would leave the others as the only ones.
                shell.variables.open(name)
            }
        }
    }

    private func names(of value: HandedValue, _ step: String?, _ path: [String]) -> [String] {
        if value.isVariable { return [value.name] }
        guard let step else { return [] }
        return kind == .azurePipelines
            ? PipelineMacros.azureOutputs(step, value.name, of: path) : [PipelineMacros.output(step, value.name)]
    }

    private mutating func handOut(_ texts: [TracedText], as name: String) {
        handed[name, default: []] += texts
        if known?[name] == nil { shell.assign(name, texts, everywhere: true) }
    }

    /// Notes the outputs of a job.
    mutating func handOutputs(of job: Index) {
        guard let id = jobs[job]?.id, let outputs = document.value("outputs", in: job) else { return }
        for (key, value) in document.entries(outputs) {
            guard let name = document.string(key), let texts = texts(ofOutput: value, in: jobs[job]?.scope) else {
                continue
            }
            handOut(texts, as: PipelineMacros.output(ofJob: id, name))
        }
    }

    /// - Returns: nil if something in the value is not known.
    private func texts(ofOutput value: Index, in scope: String?) -> [TracedText]? {
        guard let text = text(value, in: scope) else { return nil }
        let texts = shell.variables.values(of: text).map { $0 ?? shell.variables.filled(text) }
        return texts.allSatisfy(Self.isKnown) ? texts : nil
    }

    /// Whether a text has a value, or is an image of which only the tag has none.
    private static func isKnown(_ text: TracedText) -> Bool {
        !text.bytes.contains { $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") }
            || OpenTag.front(of: text.string) != nil
    }

    /// Takes over a place outside of the steps whose image only outputs decide.
    ///
    /// - Returns: whether its image is known.
    mutating func takeOver(_ finding: Finding) -> Bool {
        guard kind == .githubActions, finding.unresolved != nil else { return false }
        let written = TracedText(view.file[finding.range], origin: finding.range.lowerBound)
        let text = PipelineMacros.asShell(written, of: kind, isKnown: shell.variables.isKnown)
        guard text.bytes != written.bytes, !shell.variables.values(of: text).contains(nil)
        else { return false }
        shell.add(image: text)
        return true
    }

    // MARK: - Outputs that are used before they are read

    /// Whether variables may get outputs of jobs, or a job calls another workflow. Variables are read first.
    var usesOutputs: Bool {
        switch kind {
        case .githubActions: holds(Self.needs)
        case .azurePipelines: holds(Self.dependencies) && holds(Self.setting)
        default: false
        }
    }

    private static let needs = SearchWord("needs.")
    private static let dependencies = SearchWord("ependencies.")
    private static let setting = SearchWord("task.setvariable")

    private func holds(_ word: SearchWord) -> Bool {
        let node = document[view.root]
        return ByteSearch.contains(word, in: document.bytes, Int(node.start)..<Int(node.end))
    }

    /// All outputs by their shell names, found in a reading of their own.
    func outputs() -> [String: [TracedText]] {
        var first = self
        first.known = calledOutputs()
        first.walk()
        return first.handed.merging(first.known ?? [:]) { own, _ in own }
    }

    /// The outputs of the workflows of the same project that jobs call. They are in other files.
    private func calledOutputs() -> [String: [TracedText]] {
        var result: [String: [TracedText]] = [:]
        guard kind == .githubActions, callDepth < Self.callLimit, let jobs = document.value("jobs", in: view.root)
        else {
            return result
        }
        for (key, job) in document.entries(jobs).prefix(Self.calledLimit) {
            guard let id = document.string(key), let path = document.value("uses", in: job).flatMap(document.string),
                path.hasPrefix("./"), let bytes = readFile("../../" + path.dropFirst(2)),
                bytes.count < Self.calledLength
            else { continue }
            let given = given(behind: "with", by: job)
            let outputs = YAMLView.first(of: bytes) { workflowOutputs(of: $0, given: given) }
            for (name, texts) in outputs ?? [:] { result[PipelineMacros.output(ofJob: id, name)] = texts }
        }
        return result
    }

    /// The files of the called workflows that decide a finding.
    func callees(of finding: Finding) -> [Decider] {
        guard kind == .githubActions, known != nil, finding.parts.isEmpty,
            let jobs = document.value("jobs", in: view.root)
        else { return [] }
        return document.entries(jobs).compactMap { key, job in
            guard let id = document.string(key), finding.text.contains("needs.\(id).outputs"),
                let path = document.value("uses", in: job).flatMap(document.string), path.hasPrefix("./")
            else { return nil }
            return Decider("needs.\(id).outputs", file: path)
        }
    }

    /// The most workflows that call each other, the most called by one, and the most bytes of one (docs.github.com,
    /// "Reuse workflows").
    private static let (callLimit, calledLimit, calledLength) = (4, 20, 1 << 18)

    /// What a workflow hands out to its caller (docs.github.com, "on.workflow_call.outputs"), without places.
    private func workflowOutputs(of view: YAMLView, given: [String: String]) -> [String: [TracedText]] {
        guard let outputs = view.document.value(at: ["on", "workflow_call", "outputs"], in: view.root),
            var called = PipelineWalker(view: view, kind: kind, parameters: given)
        else { return [:] }
        called.readFile = readFile
        called.callDepth = callDepth + 1
        if called.usesOutputs { called.known = called.calledOutputs() }
        called.walk()
        called.shell.enter(0)
        return view.document.entries(outputs).reduce(into: [:]) { result, entry in
            guard let name = view.document.string(entry.key), let value = view.document.value("value", in: entry.value)
            else { return }
            result[name] = called.texts(ofOutput: value, in: nil)?.map { TracedText(untraced: $0.string) }
        }
    }
}
