// SPDX-License-Identifier: Apache-2.0

/// Finds images in a pipeline by its format's shape, and in the shell text of its steps.
struct PipelineWalker {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private let kind: FindingKind
    private let shape: PipelineShape
    private var shell: ShellScanner
    private var images: [(index: Index, place: Int)] = []
    private var scripts: [Script] = []
    private var visited: Set<Visit> = []
    /// What says which machines jobs run on.
    private var pools: Set<Index> = []
    /// What a caller gives to the parameters of a template.
    private let parameters: [String: String]
    /// Those of other files of the pipeline.
    private let variables: [String: PipelineVariable]
    private var followUps: [FollowUp] = []
    /// Inputs of Azure's task for PowerShell.
    private var powershells: Set<Index> = []
    /// Names of containers that the pipeline describes.
    private var names: Set<String> = []
    /// Of a GitHub workflow, and the one at hand.
    private var jobs: [Index: GitHubJob] = [:]
    private var job: GitHubJob?

    /// A node, and the place in which an alias for it stands.
    private struct Visit: Hashable {
        let index: Index
        let place: Int?
    }

    /// Nodes that are read once more, for aliases. They may stand for each other without end.
    private static let repetitionLimit = 1 << 16

    /// What is read stands behind an alias.
    private var isRepeated = false
    /// Whether mappings have variables of their own, as far as that was asked.
    private var scopes: [Index: Bool] = [:]

    /// Names that were given values in the place at hand; nil where those count beside those around it.
    private var replaced: Set<String>?

    /// A scalar of shell text.
    private struct Script {
        var index: Index
        var shell: OtherShell?
        /// The folder that it begins in, where the step says one; nil where it goes on where the text before it ended.
        var folder: String?
        /// Of the job's matrix.
        var scope: String?
        /// Where its variables count.
        var place: Int
    }

    /// - Returns: nil for kinds that have no shape.
    ///
    /// - Parameters:
    ///   - parameters: what a caller gives to those of a template.
    ///   - variables: those of all files of a pipeline together.
    init?(
        view: YAMLView, kind: FindingKind, parameters: [String: String] = [:],
        variables: [String: PipelineVariable] = [:]
    ) {
        guard let shape = PipelineShape.of(kind), view.root >= 0 else { return nil }
        self.view = view
        self.kind = kind
        self.shape = shape
        self.parameters = parameters
        self.variables =
            variables.isEmpty ? [:] : variables.besides(GitLabVariables(view: view).variables(of: [view.root]))
        shell = ShellScanner(kind)
    }

    private var document: YAMLDocument { view.document }

    mutating func scan() -> ScanResult {
        nameContainers()
        if kind == .azurePipelines { readParameters() }
        if kind == .githubActions {
            for (name, values) in GitHubInputs(of: view).variables {
                shell.variables.assign(turns: values.map { [name: $0] })
            }
            readJobs()
        }
        takeVariables()
        gather(below: view.root, isOwn: false)
        visit(view.root, depth: 0)
        for script in scripts { read(script) }
        for (image, place) in images {
            shell.enter(place)
            if let text = text(image) { shell.add(image: text) }
        }
        var result = shell.finished(in: view.file)
        result.followUps += followUps
        for index in result.findings.indices {
            result.findings[index].text = view.fileText(result.findings[index].range)
            let name = result.findings[index].unresolved.flatMap { name in
                jobs.values.lazy.compactMap { $0.names[name] }.first
            }
            if let name { result.findings[index].meaning = .unresolved(name) }
            result.findings[index].deciders += deciders(of: result.findings[index])
        }
        // What a runner's shell reads is only known once it runs: an odd quote here is nobody's mistake.
        result.problems = []
        return result
    }

    private mutating func read(_ script: Script) {
        shell.enter(script.place)
        guard var text = text(script.index, in: script.scope) else { return }
        if let shell = script.shell { text = shell.asShell(text) }
        if let folder = script.folder { shell.startFolder = folder }
        shell.read(SourceText(text))
    }

    /// A scalar's text, with the runner's variables written as the shell's.
    private func text(_ index: Index) -> TracedText? { text(index, in: job?.scope) }

    private func text(_ index: Index, in scope: String?) -> TracedText? {
        view.text(index).map { PipelineMacros.asShell($0, of: kind, matrix: scope, isKnown: shell.variables.isKnown) }
    }

    private mutating func readJobs() {
        guard let list = document.value("jobs", in: view.root) else { return }
        for (_, index) in document.entries(list) {
            let job = GitHubJob(index, in: view)
            jobs[document.resolved(index)] = job
            shell.variables.assign(turns: job.turns)
            for name in job.open where shell.variables.isKnown(name) { shell.variables.open(name) }
        }
    }

    /// What other files of the pipeline say, filled in as far as they go.
    private mutating func takeVariables() {
        var all = Variables()
        all.assign(variables.mapValues { TracedText(untraced: $0.text) }, from: [:])
        for (name, variable) in variables.sorted(by: { $0.key < $1.key }) {
            shell.variables.assign(name, all.unfolded(TracedText(untraced: variable.text)))
        }
    }

    /// The variables of other files that a finding is made of.
    private func deciders(of finding: Finding) -> [Decider] {
        guard !variables.isEmpty else { return [] }
        return VariableUse.all(in: TracedText(untraced: finding.text)).compactMap { use in
            variables[use.name].map { Decider(use.name, file: $0.file) }
        }
    }

    private mutating func nameContainers() {
        let containers = document.value(at: ["resources", "containers"], in: view.root)
        for item in containers.map(document.items) ?? [] {
            if let name = document.value("container", in: item).flatMap(document.string) { names.insert(name) }
        }
    }

    // MARK: - Walking

    private mutating func visit(_ index: Index, depth: Int) {
        let target = document.resolved(index)
        let wasRepeated = isRepeated
        defer { isRepeated = wasRepeated }
        isRepeated = isRepeated || target != index
        // What an alias stands for has the variables of each place where that is written.
        let place = isRepeated ? shell.place : nil
        guard depth < YAMLParser.depthLimit, visited.insert(Visit(index: target, place: place)).inserted,
            visited.count < document.nodes.count + Self.repetitionLimit
        else { return }
        let outer = job
        defer { job = outer }
        job = jobs[target] ?? job
        let around = shell.place
        defer { shell.enter(around) }
        if depth > 0, isScope(target) { enterScope(of: target) }
        for item in document.items(target) { visit(item, depth: depth + 1) }
        for (key, value) in document.entries(target) {
            guard let key = document.string(key) else { continue }
            if key == "pool" { pools.insert(document.resolved(value)) }
            entry(key, value, in: target)
            visit(value, depth: depth + 1)
        }
    }

    private mutating func entry(_ key: String, _ value: Index, in mapping: Index) {
        if shape.images.contains(key), !isMachine(mapping) { image(value) }
        if shape.containers.contains(key), document.value("image", in: mapping) == nil { container(value) }
        if shape.services.contains(key) { for (_, service) in document.entries(value) { container(service) } }
        if isScript(key), isShell(mapping) {
            script(
                value,
                Script(
                    index: value, shell: shell(of: key, mapping), folder: folder(of: mapping), scope: job?.scope,
                    place: shell.place))
        }
        if shape.inputs.contains(key) { inputs(value, of: mapping) }
        if kind == .azurePipelines {
            if key == "inputs" {
                docker(value, of: mapping)
                let task = document.value("task", in: mapping).flatMap(document.string)
                if task?.hasPrefix("PowerShell@") == true { powershells.insert(document.resolved(value)) }
            }
            if key == "template" { template(value, of: mapping) }
        }
        if shape.hooks.contains(key) { hook(value, of: mapping) }
        if key == "pipe" { pipe(value) }
        if shape.hasSettings { setting(key, value) }
    }

    private func isScript(_ key: String) -> Bool {
        shape.scripts.contains(key) || shape.scriptEnds.contains { key.hasSuffix($0) }
    }

    private mutating func hook(_ value: Index, of mapping: Index) {
        guard document.value("language", in: mapping).flatMap(document.string) == "docker_image",
            let text = view.text(value)
        else { return }
        shell.read(SourceText(TracedText(untraced: "docker run ") + text))
    }

    /// A parameter, or what stands in for it: `kind_image: kindest/node:v1`, `kind_image: {default: …}`.
    private mutating func setting(_ name: String, _ value: Index) {
        guard ImageText.mayHoldImage(name), name != "image",
            let text = view.text(document.value("default", in: value) ?? value)
        else { return }
        shell.add(setting: name, text)
    }

    /// Whether an image there is a machine's: of Azure's pools ("1ES hosted pool" has `image`), and of the clouds that an
    /// organization's Buildkite agents run in.
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

    private mutating func image(_ value: Index) {
        if document.kind(value) == .scalar { return images.append((value, shell.place)) }
        if let name = document.value("name", in: value), document.kind(name) == .scalar {
            images.append((name, shell.place))
        }
    }

    private mutating func container(_ value: Index) {
        guard let text = document.string(value), !names.contains(text) else { return }
        images.append((value, shell.place))
    }

    /// Bitbucket's `pipe: docker://image`.
    private mutating func pipe(_ value: Index) {
        let prefix = "docker://"
        guard let text = view.text(value), text.bytes.starts(with: prefix.utf8) else { return }
        shell.add(image: text[prefix.utf8.count..<text.count])
    }

    /// The program that reads a step's text: its own, else the one that the job or the workflow says for all.
    private func program(of step: Index) -> String? {
        document.value("shell", in: step).flatMap(document.string) ?? job?.shell
    }

    /// Steps may be written in other languages than a shell's.
    private func isShell(_ step: Index) -> Bool {
        guard let program = program(of: step) else { return true }
        return !["python", "node", "ruby", "perl"].contains { program.hasPrefix($0) }
    }

    private func shell(of key: String, _ step: Index) -> OtherShell? {
        if kind == .azurePipelines, key == "pwsh" || key == "powershell" || powershells.contains(step) {
            return .powershell
        }
        return program(of: step).flatMap { OtherShell(program: $0) }
    }

    /// - Parameter first: how the text is read, or the first of a list.
    private mutating func script(_ value: Index, _ first: Script) {
        switch document.kind(value) {
        case .scalar:
            var script = first
            script.index = value
            scripts.append(script)
        case .sequence:
            // The lines of a list are one text.
            for (number, item) in document.items(value).enumerated() {
                var line = first
                if number > 0 { line.folder = nil }
                script(item, line)
            }
        // Steps with names of their own.
        case .mapping where kind == .screwdriver:
            for (_, step) in document.entries(value) { script(step, first) }
        default: return
        }
    }

    private static let folderKeys = ["working-directory", "workingDirectory", "working_directory", "dir"]

    /// The folder that a step runs in, with a slash at its end; empty for the file's own or the project's.
    private func folder(of step: Index) -> String {
        let named = Self.folderKeys.lazy.compactMap { document.value($0, in: step).flatMap(document.string) }.first
        return (named ?? job?.folder).flatMap(BuildCommand.local).map(FilePath.asFolder) ?? ""
    }

    // MARK: - Variables

    /// Whether variables that a mapping has are its own: of a job or a step, not of a container or of what others take over.
    private mutating func isScope(_ mapping: Index) -> Bool {
        guard shape.hasScopes else { return false }
        let target = document.resolved(mapping)
        if let known = scopes[target] { return known }
        var seen: Set<Index> = []
        let isScope =
            shape.variables.contains { document.value($0, in: target) != nil } && isUsed(in: target, &seen, depth: 0)
        scopes[target] = isScope
        return isScope
    }

    /// Whether anything below a node takes variables.
    private func isUsed(in index: Index, _ seen: inout Set<Index>, depth: Int) -> Bool {
        guard depth < Self.jobDepth, seen.insert(document.resolved(index)).inserted else { return false }
        for item in document.items(index) where isUsed(in: item, &seen, depth: depth + 1) { return true }
        for (key, value) in document.entries(index) {
            guard let key = document.string(key), !shape.variables.contains(key) else { continue }
            if isScript(key) || shape.inputs.contains(key) || shape.images.contains(key) { return true }
            if isUsed(in: value, &seen, depth: depth + 1) { return true }
        }
        return false
    }

    /// Nodes between a stage and the text of a step in it.
    private static let jobDepth = 12

    /// Begins a place for what is below a mapping with variables of its own; where there are too many, it is no place of its own.
    private mutating func enterScope(of mapping: Index) {
        let outer = shell.place
        shell.enter(shell.addPlace())
        gather(below: mapping, isOwn: shell.place != outer)
    }

    /// Reads the variables of a mapping and of what is below it, up to where others have their own.
    ///
    /// - Parameter isOwn: they count in place of those around it.
    private mutating func gather(below index: Index, isOwn: Bool) {
        var seen: Set<Index> = []
        replaced = isOwn ? [] : nil
        gather(index, &seen, depth: 0)
    }

    private mutating func gather(_ index: Index, _ seen: inout Set<Index>, depth: Int) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, seen.insert(target).inserted else { return }
        let outer = job
        defer { job = outer }
        job = jobs[target] ?? job
        for item in document.items(target) {
            if !isScope(item) { gather(item, &seen, depth: depth + 1) }
        }
        for (key, value) in document.entries(target) {
            guard let key = document.string(key) else { continue }
            if shape.variables.contains(key) {
                if kind == .travis { environment(value, depth: 0) } else { readVariables(value) }
            }
            if !isScope(value) { gather(value, &seen, depth: depth + 1) }
        }
    }

    /// `NAME: value`, `NAME: {value: value}`, `NAME: [value, value]`, or a list of `{name, value}`.
    private mutating func readVariables(_ value: Index) {
        for item in document.items(value) {
            guard let name = document.value("name", in: item).flatMap(document.string),
                let value = document.value("value", in: item)
            else { continue }
            assign(name, value)
        }
        for (key, value) in document.entries(value) {
            if let name = document.string(key) { assign(name, value) }
        }
    }

    /// Travis' `NAME=value OTHER=value` as a text or in a list, for all jobs (`global`) or one turn each (`jobs`, `matrix`).
    private mutating func environment(_ value: Index, depth: Int) {
        guard depth < Self.environmentLimit else { return }
        if document.kind(value) == .scalar, let text = view.text(value) { shell.read(SourceText(text)) }
        for item in document.items(value) { environment(item, depth: depth + 1) }
        for (key, value) in document.entries(value) {
            guard let name = document.string(key) else { continue }
            if ["global", "jobs", "matrix"].contains(name), document.kind(value) != .scalar {
                environment(value, depth: depth + 1)
            } else {
                assign(name, value)
            }
        }
    }

    /// `env`, `global`, a list and its items.
    private static let environmentLimit = 4

    private mutating func assign(_ name: String, _ value: Index) {
        if let inner = document.value("value", in: value) { return assign(name, inner) }
        let items = document.items(value).compactMap { view.text($0) }
        let known = text(value)
        if known != nil || !items.isEmpty, replaced?.insert(name).inserted == true { shell.variables.forget(name) }
        // Each value of a matrix is one turn.
        if !items.isEmpty { shell.variables.assign(name, list: items) }
        guard let text = known else { return }
        let turns = shell.variables.tableTurns(of: text)
        if turns.isEmpty { shell.variables.assign(name, text) } else { shell.variables.assign(name, list: turns) }
        shell.add(setting: name, text)
    }

    // MARK: - Templates

    /// The parameters that a template declares: given by its caller, else their defaults (learn.microsoft.com, "Template
    /// parameters"); in a list, or by their names.
    private mutating func readParameters() {
        guard let list = document.value("parameters", in: view.root) else { return }
        let declared = document.items(list).map { item in
            (document.value("name", in: item).flatMap(document.string), document.value("default", in: item))
        }
        let named = document.entries(list).map { (document.string($0.key), Optional($0.value)) }
        for case (let name?, let value) in declared + named {
            let given = parameters[name].map { TracedText(untraced: $0) }
            guard let text = given ?? value.flatMap({ view.text($0) }), !text.bytes.contains(UInt8(ascii: "$")) else {
                continue
            }
            shell.variables.assign(PipelineMacros.parameter(name), text)
        }
    }

    /// Another file, from the folder of this one on, or with a slash from the project's; not one of another repository.
    private mutating func template(_ value: Index, of call: Index) {
        guard let path = document.string(value), !path.isEmpty, !path.contains("@"), !path.contains("$") else { return }
        var followUp = FollowUp(
            path: String(path.drop { $0 == "/" }), kind: .azureTemplate(parameters: given(by: call)))
        if path.hasPrefix("/") { followUp.start = .above }
        followUps.append(followUp)
    }

    private func given(by call: Index) -> [String: String] {
        let list = document.value("parameters", in: call)
        return (list.map { document.entries($0) } ?? []).reduce(into: [:]) { given, entry in
            guard let name = document.string(entry.key), let text = text(entry.value),
                let value = shell.variables.value(of: text)?.string, value.utf8.count <= Self.parameterLimit
            else { return }
            given[name] = value
        }
    }

    /// Bytes of what is given. Templates that call themselves may give more and more.
    private static let parameterLimit = 512

    // MARK: - Inputs

    /// Of names of actions that make images.
    private static let makers = ["build", "push", "publish", "metadata"].map { SearchWord($0) }

    private mutating func inputs(_ inputs: Index, of step: Index) {
        let action = document.value("uses", in: step).flatMap(document.string) ?? ""
        let makesImages = Self.makers.contains { action.holds($0) }
        for (key, value) in document.entries(inputs) {
            guard let name = document.string(key), let text = text(value) else { continue }
            switch name {
            case "tags", "images": shell.add(products: text)
            case "build-args", "build-contexts": for line in text.lines { shell.add(argument: line) }
            case "driver-opts": option(text)
            // `image-ref` is aquasecurity/trivy-action's.
            case "image" where !makesImages, "image-ref" where !makesImages: shell.add(image: text)
            default: input(name, text, isImage: !makesImages && ImageText.isImageName(name))
            }
        }
    }

    /// learn.microsoft.com, "Docker@2": the Dockerfile, the folder that is built, and options.
    private mutating func docker(_ inputs: Index, of step: Index) {
        guard let task = document.value("task", in: step).flatMap(document.string), task.hasPrefix("Docker@") else {
            return
        }
        func input(_ name: String) -> TracedText? {
            let found = document.entries(inputs).first { document.string($0.key)?.lowercased() == name }
            return found.flatMap { text($0.value) }
        }
        var lexer = ShellLexer(SourceText(input("arguments") ?? TracedText()))
        lexer.read()
        var build = BuildCommand(options: lexer.commands.first?.words ?? [])
        if let file = input("dockerfile"), !file.bytes.contains(UInt8(ascii: "*")) { build.file = file }
        build.context = input("buildcontext").flatMap { $0.bytes.contains(UInt8(ascii: "*")) ? nil : $0 }
        shell.note(build)
    }

    private mutating func input(_ name: String, _ text: TracedText, isImage: Bool) {
        if isImage { return shell.add(setting: name, text) }
        if text.bytes.contains(UInt8(ascii: "$")) { shell.add(other: text) }
    }

    /// Of docker/setup-buildx-action: `image=moby/buildkit:…` on a line of its own.
    private mutating func option(_ text: TracedText) {
        for line in text.lines {
            for field in line.commaSeparatedFields {
                guard let (name, value) = field.cut(at: UInt8(ascii: "=")), name.string == "image" else { continue }
                shell.add(image: value)
            }
        }
    }
}

extension TracedText {
    /// The lines of a text, without blanks at their ends; empty ones are left out.
    var lines: [TracedText] {
        bytes.indices.split { bytes[$0] == 10 }.compactMap { line in
            guard let first = line.first, let last = line.last else { return nil }
            let text = self[first..<last + 1].trimmed
            return text.isEmpty ? nil : text
        }
    }
}
