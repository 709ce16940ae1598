/// Finds the images of a Compose file: of services, of image volumes, and of the builds it describes.
struct ComposeScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    var variables = Variables()
    private(set) var result = ScanResult()
    private var seen: Set<Int> = []

    init(view: YAMLView, variables: Variables) {
        self.view = view
        self.variables = variables
    }

    private var document: YAMLDocument { view.document }

    /// Whether a document is a Compose file by what is in it.
    static func isCompose(_ document: YAMLDocument) -> Bool {
        guard document.root >= 0, let services = document.value("services", in: document.root),
            document.value("apiVersion", in: document.root) == nil
        else { return false }
        return document.kind(services) == .mapping
            && document.entries(services).contains { _, service in
                document.value("image", in: service) != nil || document.value("build", in: service) != nil
            }
    }

    mutating func scan() {
        guard view.root >= 0 else { return }
        if let services = document.value("services", in: view.root) {
            for (_, service) in document.entries(services) { scan(service) }
        }
        include(document.value("include", in: view.root))
    }

    private mutating func scan(_ service: Index) {
        if let image = document.value("image", in: service) { add(image) }
        for volume in document.value("volumes", in: service).map(document.items) ?? [] {
            guard let type = document.value("type", in: volume), document.isText(type, "image"),
                let source = document.value("source", in: volume)
            else { continue }
            add(source)
        }
        if let build = document.value("build", in: service) { scan(build: build) }
        if let file = document.value(at: ["extends", "file"], in: service).flatMap(document.string) {
            result.followUps.append(FollowUp(path: file, kind: .resources([])))
        }
    }

    private mutating func add(_ index: Index, prefix: String = "") {
        guard var text = view.text(index), text.bytes.starts(with: prefix.utf8) else { return }
        text = text[prefix.utf8.count..<text.count]
        let filled = variables.fill(text)
        guard
            let finding = view.finding(
                .compose, at: index, written: text, meaning: filled.text, variable: filled.missing),
            seen.insert(finding.range.lowerBound).inserted
        else { return }
        result.findings.append(finding)
    }

    // MARK: - Builds

    private mutating func scan(build: Index) {
        if let context = document.string(build) { return follow(context, "Dockerfile", BuildArguments()) }
        let contexts = document.value("additional_contexts", in: build)
        for source in contexts.map(contextSources) ?? [] { add(source, prefix: "docker-image://") }
        if let inline = document.value("dockerfile_inline", in: build) { return scan(inline: inline, of: build) }
        let context = document.value("context", in: build).flatMap(document.string) ?? "."
        let file = document.value("dockerfile", in: build).flatMap(document.string) ?? "Dockerfile"
        follow(context, file, arguments(of: build))
    }

    private func contextSources(_ contexts: Index) -> [Index] {
        document.entries(contexts).map(\.value)
    }

    private mutating func follow(_ context: String, _ file: String, _ arguments: BuildArguments) {
        // A context may be a remote repository, or depend on a variable: neither can be followed.
        guard !context.contains("$"), !file.contains("$"), !context.contains("://"), !context.hasPrefix("git@") else {
            return
        }
        let path = file.hasPrefix("/") ? file : context + "/" + file
        result.followUps.append(FollowUp(path: path, kind: .dockerfile(arguments)))
    }

    /// `args` as a mapping or as a list of `NAME=value`.
    private func arguments(of build: Index) -> BuildArguments {
        var arguments = BuildArguments()
        guard let args = document.value("args", in: build) else { return arguments }
        for (key, value) in document.entries(args) {
            guard let name = document.string(key), let text = view.text(value), !document.isNull(value) else {
                continue
            }
            add(name, text, to: &arguments)
        }
        for item in document.items(args) {
            guard let (name, value) = view.text(item)?.cut(at: UInt8(ascii: "=")) else { continue }
            add(name.string, value, to: &arguments)
        }
        return arguments
    }

    private func add(_ name: String, _ value: TracedText, to arguments: inout BuildArguments) {
        var expansion = ShellExpansion(value)
        expansion.variables = variables.values
        guard let filled = try? expansion.word(), expansion.unset.isEmpty else { return }
        arguments.add(name, filled.string)
    }

    /// A Dockerfile inside the file. `$$` is a dollar there, which its own expansion does not know: left to `$`.
    private mutating func scan(inline: Index, of build: Index) {
        guard let text = document.text(inline) else { return }
        var placed = text
        placed.mapOrigins { view.origins.origin(of: $0) }
        let found = DockerfileScanner.scan(placed.bytes, origins: OriginMap(placed), arguments: arguments(of: build))
        result.findings += found.findings
        result.problems += found.problems
    }

    private mutating func include(_ include: Index?) {
        guard let include else { return }
        for item in document.kind(include) == .scalar ? [include] : document.items(include) {
            let path = document.string(item) ?? document.value("path", in: item).flatMap(document.string)
            if let path, !path.contains("://"), !path.contains("$") {
                result.followUps.append(FollowUp(path: path, kind: .resources([])))
            }
        }
    }
}
