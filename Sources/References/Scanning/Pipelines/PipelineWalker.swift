// SPDX-License-Identifier: Apache-2.0

import OCI

/// Finds images in a pipeline by the shape of its format, and in the shell text of its steps.
struct PipelineWalker {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let kind: FindingKind
    private let shape: PipelineShape
    var shell: ShellScanner
    private var images: [(index: Index, place: Int)] = []
    private var readings: [Reading] = []
    private var visited: Set<Visit> = []
    /// The mappings that select the machines for jobs.
    private var pools: Set<Index> = []
    /// What templates are called with.
    private var arguments: Set<Index> = []
    /// The values that a caller gives to the parameters of a template.
    let parameters: [String: String]
    /// The variables that other files of the pipeline set.
    private let variables: [String: PipelineVariable]
    /// The jobs of a GitLab pipeline.
    private let runs: [GitLabJob]
    var followUps: [FollowUp] = []
    /// The inputs of Azure's PowerShell tasks.
    var powershells: Set<Index> = []
    /// Names of containers that the pipeline describes.
    private var names: Set<String> = []
    /// Where jobs name a container, or the image of one.
    private var containers: Set<Int> = []
    /// The jobs of a GitHub workflow, and the current one.
    private(set) var jobs: [Index: GitHubJob] = [:]
    private var job: GitHubJob?
    /// The names of the current stage and job of Azure.
    private var path: [String] = []
    /// The names of Azure's steps whose shell text is below a node of their own.
    var steps: [Index: String] = [:]
    /// What steps and jobs hand out to others, by shell name.
    var handed: [String: [TracedText]] = [:]
    /// The values of `handed` from the beginning. nil: none is known yet.
    var known: [String: [TracedText]]?
    /// Reads a file by its path from this one's folder.
    var readFile: (String) -> [UInt8]? = { _ in nil }
    /// How many workflows call this one.
    var callDepth = 0

    /// A node, and the place of the alias through which it is read.
    private struct Visit: Hashable {
        let index: Index
        let place: Int?
    }

    /// The most additional visits through aliases. Aliases may refer to each other without end.
    private static let repetitionLimit = 1 << 16

    /// Whether the current node is read through an alias.
    private var isRepeated = false
    private var scopes: PipelineScopes

    /// A scalar of shell text.
    private struct Script {
        var index: Index
        var shell: OtherShell?
        /// The folder in which the text begins, if the step names one. nil: it continues in the folder of the previous
        /// text.
        var folder: String?
        /// The prefix of the shell names for the job's matrix.
        var scope: String?
        /// The number of the shell place whose variables count for the text.
        var place: Int
        /// The beginning of the shell names for what the text hands out, or the name of Azure's step.
        var outputs: String?
        /// The names of the stage and the job of Azure.
        var path: [String]
    }

    /// What is read in the order in which it runs: it may hand out values to what comes after it.
    private enum Reading {
        case script(Script)
        /// The inputs that a step gives to an action.
        case inputs(Index, step: Index, scope: String?, place: Int)
        case outputs(job: Index)
    }

    /// - Returns: nil for kinds that have no shape.
    ///
    /// - Parameters:
    ///   - parameters: the values that a caller gives to the parameters of a template.
    ///   - settings: what all files of a GitLab pipeline set together.
    ///   - inputs: the values of the inputs of a file of a GitLab pipeline.
    init?(
        view: YAMLView, kind: FindingKind, parameters: [String: String] = [:],
        settings: GitLabSettings = GitLabSettings(), inputs: [String: TracedText] = [:]
    ) {
        guard let shape = PipelineShape.of(kind), view.root >= 0 else { return nil }
        self.view = view
        self.kind = kind
        self.shape = shape
        self.parameters = parameters
        let pipeline = kind == .gitlabCI ? GitLabPipeline(view: view, settings: settings) : nil
        variables = pipeline?.others ?? [:]
        runs = pipeline?.runs ?? []
        shell = ShellScanner(kind)
        for (name, text) in inputs { shell.variables.assign(PipelineMacros.input(name), text) }
        scopes = PipelineScopes(shape, in: view.document)
    }

    var document: YAMLDocument { view.document }

    /// - Parameter others: what was found at the keys of the document. What only outputs of its steps decide is found
    ///   here instead, and removed there.
    mutating func scan(besides others: inout [Finding]) -> ScanResult {
        if usesOutputs { known = outputs() }
        walk()
        shell.enter(0)
        others.removeAll { takeOver($0) }
        for (image, place) in images {
            shell.enter(place)
            if let text = text(image) { shell.add(image: text) }
        }
        var result = shell.finished(in: view.file)
        result.followUps += followUps
        result.findings = result.findings.written(in: view.file)
        result.products += names.sorted().map { BuildProduct($0, users: .jobs, levelsUp: 1) }
        let deciders = deciders
        for index in result.findings.indices {
            let name = result.findings[index].unresolved.flatMap { name in
                jobs.values.lazy.compactMap { $0.names[name] }.first
            }
            if let name { result.findings[index].meaning = .unresolved(name) }
            result.findings[index].deciders += deciders.deciders(of: result.findings[index].text)
            result.findings[index].deciders += callees(of: result.findings[index])
            result.findings[index].mayNameContainer = mayNameContainer(result.findings[index])
        }
        // The runner's shell is only known at run time, so an unbalanced quote here is not an error.
        result.problems = []
        return result
    }

    /// Reads everything in the order in which it runs.
    mutating func walk() {
        if kind == .azurePipelines { readParameters() }
        if kind == .circleCI { readPipelineParameters() }
        if kind == .taskfile { followTaskfiles() }
        if kind == .githubActions {
            for (name, values) in GitHubInputs(of: view, given: parameters).variables {
                shell.variables.assign(turns: values.map { [name: $0] })
            }
            readJobs()
        }
        takeVariables()
        for (name, texts) in (known ?? [:]).sorted(by: { $0.key < $1.key }) {
            for text in texts { shell.variables.assign(name, text) }
        }
        gather(below: view.root, isOwn: false)
        nameContainers()
        visit(view.root, depth: 0)
        for reading in readings { read(reading) }
    }

    private mutating func read(_ reading: Reading) {
        switch reading {
        case .script(let script): read(script)
        case .inputs(let list, let step, let scope, let place):
            shell.enter(place)
            inputs(list, of: step, in: scope)
        case .outputs(let job): handOutputs(of: job)
        }
    }

    private mutating func read(_ script: Script) {
        shell.enter(script.place)
        guard var text = text(script.index, in: script.scope) else { return }
        if let shell = script.shell { text = shell.asShell(text) }
        if let folder = script.folder { shell.startFolder = folder }
        shell.read(SourceText(text))
        handOut(as: script.outputs, in: script.path)
    }

    /// A scalar's text, with the runner's variables written as shell variables.
    func text(_ index: Index) -> TracedText? { text(index, in: job?.scope) }

    func text(_ index: Index, in scope: String?) -> TracedText? {
        PipelineText(view: view, kind: kind).text(index, in: scope, with: shell.variables)
    }

    private mutating func readJobs() {
        guard let list = document.value("jobs", in: view.root) else { return }
        for (key, index) in document.entries(list) {
            add(GitHubJob(index, named: document.string(key) ?? "", in: view), at: index)
        }
    }

    /// Adds a job whose matrix or parameters count below a node.
    mutating func add(_ job: GitHubJob, at index: Index) {
        jobs[document.resolved(index)] = job
        shell.variables.assign(turns: job.turns)
        for name in job.open where shell.variables.isKnown(name) { shell.variables.open(name) }
    }

    /// Takes the variables that other files of the pipeline set, filled in as far as they are known.
    private mutating func takeVariables() {
        var all = Variables()
        all.assign(variables.mapValues { TracedText(untraced: $0.text) }, from: [:])
        for (name, variable) in variables.sorted(by: { $0.key < $1.key }) {
            shell.variables.assign(name, all.unfolded(TracedText(untraced: variable.text)))
        }
        shell.variables.assign(turns: runs.turns)
    }

    /// The variables that other files set, with one of those files.
    private var deciders: [String: PipelineVariable] {
        runs.reduce(into: variables) { deciders, run in
            for (name, file) in run.files { deciders[name] = PipelineVariable(text: "", file: file) }
        }
    }

    /// Whether a finding, in the place of a job's container, is a name without a host and a tag.
    private func mayNameContainer(_ finding: Finding) -> Bool {
        containers.contains(finding.range.lowerBound)
            && !(finding.reference?.asTyped ?? finding.text).utf8.contains { ":/@".utf8.contains($0) }
    }

    private mutating func nameContainers() {
        let containers = document.value(at: ["resources", "containers"], in: view.root)
        for item in containers.map(document.items) ?? [] {
            if let name = document.value("container", in: item).flatMap(document.string) { names.insert(name) }
            if kind == .azurePipelines { registryContainer(item) }
        }
    }

    /// Whether steps of the pipeline make the image of a finding. Call this after the scan.
    func makes(_ finding: Finding) -> Bool {
        let text = TracedText(untraced: finding.reference?.asTyped ?? finding.text)
        return shell.makes(PipelineMacros.asShell(text, of: kind, isKnown: shell.variables.isKnown))
    }

    // MARK: - Walking

    private mutating func visit(_ index: Index, depth: Int) {
        let target = document.resolved(index)
        let wasRepeated = isRepeated
        defer { isRepeated = wasRepeated }
        isRepeated = isRepeated || target != index
        // A node that is read through an alias has the variables of the place of that alias.
        let place = isRepeated ? shell.place : nil
        guard depth < YAMLParser.depthLimit, visited.insert(Visit(index: target, place: place)).inserted,
            visited.count < document.nodes.count + Self.repetitionLimit
        else { return }
        let outer = (job, path)
        defer { (job, path) = outer }
        job = jobs[target] ?? job
        if kind == .azurePipelines { enterJob(target) }
        let around = shell.place
        defer { shell.enter(around) }
        if depth > 0, scopes.isScope(target) { enterScope(of: target) }
        for item in document.items(target) { visit(item, depth: depth + 1) }
        for (key, value) in document.entries(target) {
            guard let key = document.string(key) else { continue }
            if key == "pool" { addPool(value) }
            if key == "parameters", document.value("template", in: target) != nil {
                arguments.insert(document.resolved(value))
            }
            entry(key, value, in: target)
            visit(value, depth: depth + 1)
        }
        if jobs[target] != nil { readings.append(.outputs(job: target)) }
    }

    /// Adds a mapping that selects machines, and those that an expression adds to it: `${{ if … }}:`.
    private mutating func addPool(_ pool: Index, depth: Int = 0) {
        guard depth < YAMLParser.depthLimit, pools.insert(document.resolved(pool)).inserted else { return }
        for (key, value) in document.entries(pool) where document.string(key)?.hasPrefix("${{") == true {
            addPool(value, depth: depth + 1)
        }
    }

    private mutating func entry(_ key: String, _ value: Index, in mapping: Index) {
        if shape.images.contains(key), !isMachine(mapping) { image(value) }
        if shape.holders.contains(key) { holder(value) }
        if shape.containers.contains(key), document.value("image", in: mapping) == nil {
            container(value, isArgument: arguments.contains(mapping))
        }
        if shape.plugins.contains(key) { plugin(value, of: mapping) }
        if shape.services.contains(key) { for (_, service) in document.entries(value) { container(service) } }
        if shape.isScript(key) { script(value, of: step(mapping, key), named: stepName(mapping)) }
        if shape.inputs.contains(key) {
            readings.append(.inputs(value, step: mapping, scope: job?.scope, place: shell.place))
        }
        if kind == .azurePipelines { azure(key, value, in: mapping) }
        if kind == .githubActions, key == "uses" { call(value, in: mapping) }
        if shape.hooks.contains(key) { hook(value, of: mapping) }
        if key == "pipe" { pipe(value) }
        if shape.hasSettings { setting(key, value) }
    }

    /// Notes the stage or the job of Azure that a mapping describes.
    private mutating func enterJob(_ mapping: Index) {
        if let stage = document.value("stage", in: mapping).flatMap(document.string) { path = [stage] }
        let name = document.value("job", in: mapping) ?? document.value("deployment", in: mapping)
        if let name = name.flatMap(document.string) { path = path.prefix(1) + [name] }
    }

    /// Follows other Taskfiles, each a file or a folder (taskfile.dev, "Including other Taskfiles").
    private mutating func followTaskfiles() {
        let included = document.value("includes", in: view.root).map { document.entries($0) } ?? []
        for value in included.map(\.value) {
            let place = document.kind(value) == .mapping ? document.value("taskfile", in: value) : value
            guard let path = place.flatMap(document.string), !path.isEmpty, !path.contains("://"), !path.contains("{{")
            else { continue }
            let names = ["Taskfile.yml", "Taskfile.yaml", "Taskfile.dist.yml", "Taskfile.dist.yaml"]
            let isFile = path.hasSuffix(".yml") || path.hasSuffix(".yaml")
            followUps.append(
                FollowUp(
                    anyOf: isFile ? [path] : names.map { path + "/" + $0 }, in: "", kind: .pipelinePart(.taskfile),
                    start: .folder))
        }
    }

    /// Follows a workflow or an action of the same project, with the values that the call gives to its inputs.
    private mutating func call(_ value: Index, in mapping: Index) {
        guard let name = document.string(value), name.hasPrefix("./") else { return }
        let given = given(behind: "with", by: mapping)
        guard !given.isEmpty else { return }
        let path = FilePath.normalized(name)
        let isWorkflow = [".yml", ".yaml"].contains { path.hasSuffix($0) }
        followUps.append(
            FollowUp(
                anyOf: isWorkflow ? [path] : [path + "/action.yml", path + "/action.yaml"], in: "",
                kind: .githubWorkflow(inputs: given), start: .above))
    }

    /// The known values that a call gives to the names under a key.
    func given(behind key: String, by call: Index) -> [String: String] {
        let list = document.value(key, in: call)
        return (list.map { document.entries($0) } ?? []).reduce(into: [:]) { given, entry in
            guard let name = document.string(entry.key), let text = text(entry.value),
                let value = shell.variables.value(of: text)?.string, value.utf8.count <= Self.parameterLimit
            else { return }
            given[name] = value
        }
    }

    /// The most bytes of a given value. Templates that call themselves could pass on longer and longer values.
    private static let parameterLimit = 512

    private mutating func hook(_ value: Index, of mapping: Index) {
        guard document.value("language", in: mapping).flatMap(document.string) == "docker_image",
            let text = view.text(value)
        else { return }
        shell.read(SourceText(TracedText(untraced: "docker run ") + text))
    }

    /// Adds a parameter, or the default of a parameter: `kind_image: kindest/node:v1`, `kind_image: {default: …}`.
    private mutating func setting(_ name: String, _ value: Index) {
        guard ImageText.mayHoldImage(name), name != "image",
            let text = view.text(document.value("default", in: value) ?? value)
        else { return }
        shell.add(setting: name, text)
    }

    /// Whether the image of a mapping is a machine image: in Azure's pools ("1ES hosted pool" has `image`), and for the
    /// clouds in which an organization's Buildkite agents run.
    private func isMachine(_ mapping: Index) -> Bool {
        switch kind {
        case .azurePipelines:
            return pools.contains(mapping)
                || ["vmImage", "os", "demands"].contains { document.value($0, in: mapping) != nil }
        case .buildkite:
            let provider = document.value("provider", in: mapping).flatMap(document.string)
            return provider.map { ["gcp", "aws", "orka"].contains($0.lowercased()) } ?? false
        default: return false
        }
    }

    private mutating func holder(_ value: Index) {
        for item in document.kind(value) == .sequence ? document.items(value) : [value] {
            if let image = document.value("image", in: item) { self.image(image) }
        }
    }

    private mutating func image(_ value: Index) {
        if document.kind(value) == .scalar { return images.append((value, shell.place)) }
        if let name = document.value("name", in: value), document.kind(name) == .scalar {
            images.append((name, shell.place))
        }
    }

    /// - Parameter isArgument: whether a template gets the value, which may mean any kind of container.
    private mutating func container(_ value: Index, isArgument: Bool = false) {
        guard let text = document.string(value), !names.contains(text) else { return }
        guard !isArgument || text.utf8.contains(where: { ":/".utf8.contains($0) }) else { return }
        images.append((value, shell.place))
        guard kind == .azurePipelines else { return }
        containers.insert(view.place(of: value).lowerBound)
        let known = self.text(value).flatMap { shell.variables.value(of: $0) }?.contiguousRange
        if let known { containers.insert(known.lowerBound) }
    }

    /// Adds the image of Bitbucket's `pipe: docker://image`.
    private mutating func pipe(_ value: Index) {
        let prefix = "docker://"
        guard let text = view.text(value), text.bytes.starts(with: prefix.utf8) else { return }
        shell.add(image: text[prefix.utf8.count..<text.count])
    }

    // MARK: - Steps

    /// - Parameter key: the key of the step's text.
    private func step(_ mapping: Index, _ key: String) -> PipelineStep {
        let isPowerShell =
            kind == .azurePipelines && (key == "pwsh" || key == "powershell" || powershells.contains(mapping))
        return PipelineStep(mapping, of: job, in: document, isPowerShell: isPowerShell)
    }

    /// The name of a step of Azure.
    private func stepName(_ mapping: Index) -> String? {
        guard kind == .azurePipelines else { return nil }
        return steps[mapping] ?? document.value("name", in: mapping).flatMap(document.string)
    }

    /// - Parameter stepName: the name of Azure's step.
    private mutating func script(_ value: Index, of step: PipelineStep, named stepName: String?) {
        guard step.isShell else { return }
        let first = Script(
            index: value, shell: step.shell, folder: step.folder, scope: job?.scope, place: shell.place,
            outputs: kind == .azurePipelines ? stepName : step.outputs, path: path)
        script(value, first)
    }

    /// - Parameter first: how to read the text, or the first text of a list.
    private mutating func script(_ value: Index, _ first: Script) {
        switch document.kind(value) {
        case .scalar:
            var script = first
            script.index = value
            readings.append(.script(script))
        case .sequence:
            // The items of a list are lines of one text.
            for (number, item) in document.items(value).enumerated() {
                var line = first
                if number > 0 { line.folder = nil }
                script(item, line)
            }
        // A mapping of step names to steps.
        case .mapping where kind == .screwdriver:
            for (_, step) in document.entries(value) { script(step, first) }
        default: return
        }
    }

    /// Reads the inputs that a step gives to an action.
    private mutating func inputs(_ list: Index, of step: Index, in scope: String?) {
        let inputs = StepInputs(of: document.value("uses", in: step).flatMap(document.string) ?? "")
        for (key, value) in document.entries(list) {
            guard let name = document.string(key), let text = text(value, in: scope) else { continue }
            let program = document.value("shell", in: list).flatMap(document.string)
            if let script = inputs.script(name, text, for: program) {
                read(script, in: PipelineStep(step, of: nil, in: document, isPowerShell: false).folder)
                continue
            }
            let version = StepInputs.versionNames(of: name).compactMap { document.value($0, in: list) }.first
            inputs.add(name, text, version: version.flatMap { self.text($0, in: scope) }, to: &shell)
        }
    }

    /// Reads a script that runs apart from those of the job, maybe on another machine.
    private mutating func read(_ script: SourceText, in folder: String) {
        let outer = shell.place
        shell.enter(shell.addPlace())
        defer { shell.enter(outer) }
        shell.startFolder = folder
        shell.read(script)
    }

    // MARK: - Variables

    /// Begins a new shell place for the nodes below a mapping with variables of its own. If there are too many places,
    /// the current one is used.
    private mutating func enterScope(of mapping: Index) {
        let outer = shell.place
        shell.enter(shell.addPlace())
        gather(below: mapping, isOwn: shell.place != outer)
    }

    /// Reads the variables of a mapping and of the nodes below it, except nodes that have variables of their own.
    ///
    /// - Parameter isOwn: whether the values replace those of the surrounding place.
    private mutating func gather(below index: Index, isOwn: Bool) {
        var seen: Set<Index> = []
        var reader = PipelineVariableReader(view: view, kind: kind, isOwn: isOwn)
        gather(index, &reader, &seen, depth: 0)
    }

    private mutating func gather(
        _ index: Index, _ reader: inout PipelineVariableReader, _ seen: inout Set<Index>, depth: Int
    ) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, seen.insert(target).inserted else { return }
        let outer = job
        defer { job = outer }
        job = jobs[target] ?? job
        for item in document.items(target) {
            if !scopes.isScope(item) { gather(item, &reader, &seen, depth: depth + 1) }
        }
        for (key, value) in document.entries(target) {
            guard let key = document.string(key) else { continue }
            if shape.variables.contains(key) { reader.read(value, in: job?.scope, into: &shell) }
            if shape.matrices.contains(key) { reader.read(matrix: value, into: &shell) }
            if !scopes.isScope(value) { gather(value, &reader, &seen, depth: depth + 1) }
        }
    }
}
