/// Finds the images that pipelines and development tools run, at the places their formats have for them.
struct PipelineScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let kind: FindingKind
    private var variables = Variables()
    private(set) var result = ScanResult()
    private var seen: Set<Int> = []
    private var visited: Set<Index> = []

    init(view: YAMLView, kind: FindingKind) {
        self.view = view
        self.kind = kind
    }

    private var document: YAMLDocument { view.document }

    mutating func scan() {
        guard view.root >= 0 else { return }
        switch kind {
        case .githubActions: githubActions()
        case .gitlabCI: gitlab()
        case .cloudBuild: cloudBuild()
        case .circleCI: circleCI()
        case .devcontainer: devcontainer()
        case .skaffold: skaffold(view.root, depth: 0)
        case .ko: ko()
        default: return
        }
    }

    // MARK: - GitHub

    /// Workflows, and actions (`runs`).
    private mutating func githubActions() {
        for job in values("jobs", in: view.root) {
            if let container = document.value("container", in: job) { image(container, field: "image") }
            for service in values("services", in: job) { field("image", of: service) }
            steps(of: job)
        }
        if let runs = document.value("runs", in: view.root) {
            if let image = document.value("image", in: runs), document.string(image)?.hasPrefix("docker://") == true {
                add(image, prefix: "docker://")
            }
            steps(of: runs)
        }
    }

    private mutating func steps(of job: Index) {
        for step in items("steps", in: job) {
            guard let uses = document.value("uses", in: step) else { continue }
            add(uses, prefix: "docker://")
        }
    }

    // MARK: - GitLab

    private static let gitlabKeywords: Set<String> = [
        "stages", "variables", "include", "workflow", "cache", "before_script", "after_script", "spec", "pages:deploy",
    ]

    private mutating func gitlab() {
        readVariables(of: view.root)
        if let include = document.value("include", in: view.root) { gitlab(include: include) }
        let shared = variables
        job(view.root)
        for (key, value) in document.entries(view.root) {
            guard let name = document.string(key), !Self.gitlabKeywords.contains(name), name != "image",
                name != "services",
                document.kind(value) == .mapping
            else { continue }
            variables = shared
            readVariables(of: value)
            job(value)
        }
    }

    /// Files of the project; those of other ones and of the network are nobody's here (docs.gitlab.com, "Use CI/CD
    /// configuration from other files").
    private mutating func gitlab(include: Index) {
        for item in document.kind(include) == .sequence ? document.items(include) : [include] {
            let local = document.kind(item) == .mapping ? document.value("local", in: item) : item
            guard let path = local.flatMap(document.string), !path.contains("://"), !path.contains("$"),
                !path.contains("*")
            else { continue }
            let bare = String(path.drop { $0 == "/" })
            result.followUps.append(FollowUp(path: bare, kind: .gitlabPart(project: nil)))
        }
    }

    private mutating func job(_ job: Index) {
        if let image = document.value("image", in: job) { self.image(image, field: "name") }
        for service in items("services", in: job) { image(service, field: "name") }
    }

    /// `NAME: text`, or `NAME: {value: text}`.
    private mutating func readVariables(of index: Index) {
        guard let entries = document.value("variables", in: index) else { return }
        for (key, value) in document.entries(entries) {
            let scalar = document.kind(value) == .mapping ? document.value("value", in: value) : value
            guard let name = document.string(key), let scalar, let text = view.text(scalar) else { continue }
            variables.values[name] = variables.fill(text).text
        }
    }

    // MARK: - Cloud Build

    private mutating func cloudBuild() {
        if let substitutions = document.value("substitutions", in: view.root) {
            for (key, value) in document.entries(substitutions) {
                if let name = document.string(key), let text = view.text(value) { variables.values[name] = text }
            }
        }
        for step in items("steps", in: view.root) { field("name", of: step) }
    }

    // MARK: - CircleCI

    private mutating func circleCI() {
        for section in ["jobs", "executors"] {
            for holder in values(section, in: view.root) {
                for container in items("docker", in: holder) { field("image", of: container) }
                if let executor = document.value("executor", in: holder) {
                    for container in items("docker", in: executor) { field("image", of: container) }
                }
            }
        }
        // Orbs written into the configuration hold jobs and executors of their own.
        for orb in values("orbs", in: view.root) where document.kind(orb) == .mapping {
            for section in ["jobs", "executors"] {
                for holder in values(section, in: orb) {
                    for container in items("docker", in: holder) { field("image", of: container) }
                }
            }
        }
    }

    // MARK: - Development tools

    private mutating func devcontainer() {
        field("image", of: view.root)
        let file =
            document.value(at: ["build", "dockerfile"], in: view.root) ?? document.value("dockerFile", in: view.root)
        guard let path = file.flatMap(document.string), !path.contains("$") else { return }
        var arguments = BuildArguments()
        let args = document.value(at: ["build", "args"], in: view.root)
        for entry in args.map({ document.entries($0) }) ?? [] {
            let (key, value) = entry
            if let name = document.string(key), let text = document.string(value), !text.contains("$") {
                arguments.add(name, text)
            }
        }
        result.followUps.append(FollowUp(path: path, kind: .dockerfile(arguments)))
    }

    /// Builders' bases at any depth; what an artifact's own `image` names is made, not pulled.
    private mutating func skaffold(_ index: Index, depth: Int) {
        guard depth < YAMLParser.depthLimit, visited.insert(document.resolved(index)).inserted else { return }
        for item in document.items(index) { skaffold(item, depth: depth + 1) }
        for (key, value) in document.entries(index) {
            guard let name = document.string(key) else { continue }
            switch name {
            case "fromImage", "builder", "runImage", "initImage": add(value)
            case "kaniko", "container": field("image", of: value)
            case "containers": for item in document.items(value) { field("image", of: item) }
            default: break
            }
            if document.kind(value) != .scalar { skaffold(value, depth: depth + 1) }
        }
    }

    private mutating func ko() {
        field("defaultBaseImage", of: view.root)
        for image in values("baseImageOverrides", in: view.root) { add(image) }
    }

    // MARK: - Reading

    private func values(_ key: String, in index: Index) -> [Index] {
        document.value(key, in: index).map { collection in document.entries(collection).map { $0.value } } ?? []
    }

    private func items(_ key: String, in index: Index) -> [Index] {
        document.value(key, in: index).map(document.items) ?? []
    }

    /// A text, or a mapping with the image in one of its fields.
    private mutating func image(_ index: Index, field name: String) {
        if document.kind(index) == .scalar { add(index) } else { field(name, of: index) }
    }

    private mutating func field(_ name: String, of index: Index) {
        if let value = document.value(name, in: index) { add(value) }
    }

    private mutating func add(_ index: Index, prefix: String = "") {
        guard document.kind(index) == .scalar, var text = view.text(index), text.bytes.starts(with: prefix.utf8),
            !text.isEmpty
        else { return }
        text = text[prefix.utf8.count..<text.count]
        // GitHub's expressions are no shell variables.
        let filled = text.string.contains("${{") ? (text, Self.expression(text.string)) : variables.fill(text)
        guard let finding = view.finding(kind, at: index, written: text, meaning: filled.0, variable: filled.1),
            seen.insert(finding.range.lowerBound).inserted
        else { return }
        result.findings.append(finding)
    }

    private static func expression(_ text: String) -> String? { TemplateText.variable(in: text) }
}
