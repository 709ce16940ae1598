// SPDX-License-Identifier: Apache-2.0

/// Finds the images that pipelines and development tools run, at the keys of their formats.
struct PipelineScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let kind: FindingKind
    var variables = Variables()
    /// The marks around names that are not shell variables.
    var placeholders: Placeholders?
    /// The values that a matrix or callers give to the names of the current job.
    var choices = Choices()
    /// What all files of a GitLab pipeline set together.
    var pipeline = GitLabSettings()
    /// The values that a caller gives to the inputs of a workflow.
    var given: [String: String] = [:]
    /// The values of the inputs of a file of a GitLab pipeline.
    var inputs: [String: TracedText] = [:]
    /// GitLab images that were already read for a job.
    var usedImages: Set<Index> = []
    /// Whether there is a Dockerfile beside the file.
    var hasDockerfile = false
    var result = ScanResult()
    private var seen: Set<Meant> = []
    private var visited: Set<Index> = []

    init(view: YAMLView, kind: FindingKind) {
        self.view = view
        self.kind = kind
    }

    private struct Meant: Hashable {
        let place: Int
        let meaning: Finding.Meaning
    }

    var document: YAMLDocument { view.document }

    mutating func scan() {
        guard view.root >= 0 else { return }
        switch kind {
        case .githubActions: githubActions()
        case .gitlabCI: gitlab()
        case .cloudBuild: cloudBuild()
        case .circleCI: circleCI()
        case .devcontainer: devcontainer()
        case .npm: run(values("scripts", in: view.root))
        case .skaffold:
            skaffoldProducts()
            skaffold(view.root, depth: 0)
        case .ko: ko()
        case .concourse: concourse()
        default: settings()
        }
    }

    // MARK: - Development tools

    private mutating func devcontainer() {
        field("image", of: view.root)
        features()
        run(Self.lifecycle.compactMap { document.value($0, in: view.root) })
        let file =
            document.value(at: ["build", "dockerfile"], in: view.root) ?? document.value("dockerFile", in: view.root)
        guard let path = file.flatMap(document.string), !path.contains("$") else { return }
        var arguments = BuildArguments()
        let args = document.value(at: ["build", "args"], in: view.root)
        for entry in args.map({ document.entries($0) }) ?? [] {
            let (key, value) = entry
            guard let name = document.string(key), let text = view.text(value).map(LocalVariables.filled)?.string,
                !text.contains("$")
            else { continue }
            arguments.add(name, text)
        }
        result.followUps.append(FollowUp(path: path, kind: .dockerfile(arguments)))
    }

    /// Commands around a container's start (containers.dev, "Lifecycle scripts").
    private static let lifecycle = [
        "initializeCommand", "onCreateCommand", "updateContentCommand", "postCreateCommand", "postStartCommand",
        "postAttachCommand",
    ]

    /// Reads commands, each with a shell of its own: texts, lists of words, and objects of these.
    private mutating func run(_ commands: [Index]) {
        var shell = ShellScanner(kind)
        for command in commands.flatMap({ [$0] + document.entries($0).map(\.value) }) {
            shell.enter(0)
            shell.enter(shell.addPlace())
            let words = document.items(command).compactMap(view.text)
            if !words.isEmpty {
                shell.read(words: words)
            } else if document.kind(command) == .scalar, let text = view.text(command) {
                shell.read(SourceText(text))
            }
        }
        var scripts = shell.finished(in: view.file)
        scripts.findings = scripts.findings.written(in: view.file)
        // The shell may be that of Windows, so an unbalanced quote is not an error.
        scripts.problems = []
        result.merge(scripts)
    }

    /// Adds features. A key is an artifact of a registry, a folder, or an address (containers.dev, "Dev Container
    /// Features reference").
    private mutating func features() {
        guard let features = document.value("features", in: view.root) else { return }
        for (key, _) in document.entries(features) {
            guard let text = document.string(key), text.contains("/"), !text.hasPrefix("."), !text.contains("://"),
                let finding = view.finding(.devcontainer, at: key)
            else { continue }
            result.findings.append(finding)
        }
    }

    /// Notes the names of built artifacts. They also count in the manifests, which may be in a folder further up.
    private mutating func skaffoldProducts() {
        var levels = 0
        for node in document.nodes.indices where document.nodes[node].kind == .scalar {
            guard let text = document.string(Index(node)), text.hasPrefix("../") else { continue }
            levels = max(levels, text.split(separator: "/").prefix { $0 == ".." }.count)
        }
        let profiles = items("profiles", in: view.root)
        for build in ([view.root] + profiles).compactMap({ document.value("build", in: $0) }) {
            for artifact in items("artifacts", in: build) {
                skaffoldBuild(artifact)
                guard let name = document.value("image", in: artifact).flatMap(document.string) else { continue }
                result.products.append(BuildProduct(name, levelsUp: levels))
            }
        }
    }

    /// Adds the base images of builders at any depth. An artifact's own `image` is made and not pulled.
    private mutating func skaffold(_ index: Index, depth: Int) {
        guard depth < YAMLParser.depthLimit, visited.insert(document.resolved(index)).inserted else { return }
        for item in document.items(index) { skaffold(item, depth: depth + 1) }
        for (key, value) in document.entries(index) {
            guard let name = document.string(key) else { continue }
            switch name {
            case "fromImage", "builder", "runImage", "initImage": add(value)
            case "kaniko", "container": field("image", of: value)
            case "googleCloudBuild": for name in Self.cloudBuilders { field(name, of: value) }
            case "valuesFiles": follow(values: document.items(value), of: chart(ofRelease: index))
            case "setValues": settings(document.entries(value), of: chart(ofRelease: index))
            case "containers": for item in document.items(value) { field("image", of: item) }
            default: break
            }
            if document.kind(value) != .scalar { skaffold(value, depth: depth + 1) }
        }
    }

    /// The images in which Cloud Build builds for Skaffold (skaffold.dev, "skaffold.yaml").
    private static let cloudBuilders = [
        "dockerImage", "kanikoImage", "mavenImage", "gradleImage", "packImage", "koImage",
    ]

    private mutating func ko() {
        field("defaultBaseImage", of: view.root)
        for image in values("baseImageOverrides", in: view.root) { add(image) }
    }

    // MARK: - Reading

    func entries(_ key: String, in index: Index) -> [(key: Index, value: Index)] {
        guard let collection = document.value(key, in: index) else { return [] }
        return document.entries(collection)
    }

    func values(_ key: String, in index: Index) -> [Index] { entries(key, in: index).map(\.value) }

    func items(_ key: String, in index: Index) -> [Index] {
        document.value(key, in: index).map(document.items) ?? []
    }

    /// Adds an image that is a text, or a field of a mapping.
    mutating func image(_ index: Index, field name: String) {
        if document.kind(index) == .scalar { add(index) } else { field(name, of: index) }
    }

    mutating func field(_ name: String, of index: Index) {
        if let value = document.value(name, in: index) { add(value) }
    }

    mutating func add(_ index: Index, prefix: String = "") {
        guard document.kind(index) == .scalar, var text = view.text(index), text.bytes.starts(with: prefix.utf8),
            !text.isEmpty
        else { return }
        text = text[prefix.utf8.count..<text.count]
        for filled in choices.fillings(of: text, fill) { append(filled, of: text, at: index) }
    }

    func fill(_ text: TracedText, _ row: [String: TracedText]) -> Variables.Filled {
        var text = kind == .devcontainer ? LocalVariables.filled(text) : text
        if var placeholders, placeholders.areIn(text) {
            placeholders.values.merge(row) { $1 }
            let filled = placeholders.fill(text)
            guard kind == .gitlabCI, filled.missing == nil else { return filled }
            text = filled.text
        }
        // Expressions of GitHub and CircleCI are not shell variables.
        if placeholders != nil, kind != .gitlabCI { return Variables.Filled(text: text) }
        var variables = variables
        variables.values.merge(row) { $1 }
        return variables.fill(text)
    }

    private mutating func append(_ filled: Variables.Filled, of text: TracedText, at index: Index) {
        // If one of several values is the whole reference, the finding is at the place of that value.
        let isInput = kind == .gitlabCI && placeholders?.name(alone: text.string) != nil
        let isOwn =
            (!choices.rows.isEmpty || isInput) && filled.missing == nil && filled.text.contiguousRange != nil
        let written = isOwn ? filled.text : text
        guard
            var finding = view.finding(
                kind, at: index, written: written, meaning: filled.text, variable: filled.missing,
                isFilledIn: placeholders != nil)
        else { return }
        finding.deciders = filled.deciders + pipeline.variables.deciders(of: finding.text)
        finding.isBuilt = ProductName.isPlaceholder(filled.text.string) || ProductName.isPlaceholder(finding.text)
        guard seen.insert(Meant(place: finding.range.lowerBound, meaning: finding.meaning)).inserted else { return }
        result.findings.append(finding)
    }
}
