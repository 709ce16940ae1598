// SPDX-License-Identifier: Apache-2.0

/// Finds the images of a Compose file: of services, of image volumes, and of its builds.
struct ComposeScanner {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    var variables = Variables()
    /// The builds of the other file that Compose reads together with this one.
    var layer: ComposeLayer?
    /// The builds of the files that a command gives to Compose together with this one.
    var others: [String: ComposeBuild] = [:]
    /// Reads a file by its path from this one's folder.
    var read: (String) -> [UInt8]? = { _ in nil }
    private(set) var result = ScanResult()
    private var seen: Set<Int> = []

    init(view: YAMLView, variables: Variables) {
        self.view = view
        self.variables = variables
    }

    private var document: YAMLDocument { view.document }

    /// Recognizes a Compose file by its content.
    static func isCompose(_ document: YAMLDocument) -> Bool {
        guard document.root >= 0, let services = document.value("services", in: document.root),
            document.value("apiVersion", in: document.root) == nil
        else { return false }
        return document.kind(services) == .mapping
            && document.entries(services).contains { _, service in
                document.value("image", in: service) != nil || isBuild(document.value("build", in: service), document)
            }
    }

    /// Whether a node is a folder or a mapping, as Compose's `build` is. Other formats have a list of commands there.
    private static func isBuild(_ build: Index?, _ document: YAMLDocument) -> Bool {
        build.map { document.kind($0) == .scalar || document.kind($0) == .mapping } ?? false
    }

    mutating func scan() {
        guard view.root >= 0 else { return }
        if let services = document.value("services", in: view.root) {
            for (key, service) in document.entries(services) { scan(service, named: document.string(key) ?? "") }
        } else {
            // Version 1 of the format has the services at the top level.
            for (_, service) in document.entries(view.root) where document.kind(service) == .mapping {
                scan(service, named: "")
            }
        }
        include(document.value("include", in: view.root))
    }

    private mutating func scan(_ service: Index, named name: String) {
        let build = buildHere(of: service) ?? buildBeside(service, named: name)
        for image in view.values("image", in: service) where !document.isNull(image) { add(image, madeBy: build) }
        for volume in document.value("volumes", in: service).map(document.items) ?? [] {
            guard let type = document.value("type", in: volume), document.isText(type, "image"),
                let source = document.value("source", in: volume)
            else { continue }
            add(source)
        }
        if let build = document.value("build", in: service), isMeant(build) { scan(build: build, of: name) }
        if let file = document.value(at: ["extends", "file"], in: service).flatMap(document.string) {
            result.followUps.append(FollowUp(path: file, kind: .composePart(environment: [".env"])))
        }
    }

    /// The build that makes the image of a service; nil if the image is pulled. A service with `build` names its own
    /// image, but with some values of `pull_policy` the image is pulled nevertheless (compose-spec, "pull_policy").
    ///
    /// - Parameter policy: the policy of a service that extends this one.
    private func buildHere(of service: Index, policy: String? = nil, depth: Int = 0) -> Build? {
        let policy = policy ?? document.value("pull_policy", in: service).flatMap(document.string)
        guard depth < Self.extensionLimit, ["build", "never"].contains(policy ?? "build") else { return nil }
        if let build = document.value("build", in: service) {
            return isMeant(build) ? Build(dockerfile: dockerfile(of: build)) : nil
        }
        guard let extends = document.value("extends", in: service),
            let name = document.string(extends) ?? document.value("service", in: extends).flatMap(document.string)
        else { return nil }
        if let file = document.value("file", in: extends) {
            return document.string(file).flatMap { build(of: name, in: $0, policy: policy, depth: depth + 1) }
        }
        return document.value(at: ["services", name], in: view.root).flatMap {
            buildHere(of: $0, policy: policy, depth: depth + 1)
        }
    }

    /// The build that a file which is read together with this one has for a service without a build.
    private func buildBeside(_ service: Index, named name: String) -> Build? {
        let policy = document.value("pull_policy", in: service).flatMap(document.string)
        guard document.value("build", in: service) == nil, ["build", "never"].contains(policy ?? "build"),
            let build = layer?.builds[name] ?? others[name]
        else { return nil }
        return Build(dockerfile: build.isInline ? nil : build.folder + "/" + build.dockerfile)
    }

    /// The build of a service of another file.
    private func build(of name: String, in file: String, policy: String?, depth: Int) -> Build? {
        guard let bytes = read(file) else { return nil }
        let folder = FilePath.folder(of: file)
        let build = YAMLView.first(of: bytes) { view -> Build? in
            var other = ComposeScanner(view: view, variables: variables)
            other.read = { [read] in read(folder + $0) }
            return view.document.value(at: ["services", name], in: view.root).flatMap {
                other.buildHere(of: $0, policy: policy, depth: depth)
            }
        }
        guard let build = build ?? nil else { return nil }
        return Build(dockerfile: build.dockerfile.map { $0.hasPrefix("/") ? $0 : folder + $0 })
    }

    /// The build of a service's image.
    private struct Build {
        /// The path of the Dockerfile; nil if it is inline.
        let dockerfile: String?
    }

    /// Whether a `build` builds something: an empty one does not, and `!reset` removes that of another file.
    private func isMeant(_ build: Index) -> Bool {
        document.kind(build) == .mapping || (document.string(build) != nil && !document.isNull(build))
    }

    /// The most services in a chain of `extends`. A longer chain is a cycle.
    private static let extensionLimit = 16

    private func dockerfile(of build: Index) -> String? {
        if let context = document.string(build) { return context + "/Dockerfile" }
        guard document.value("dockerfile_inline", in: build) == nil else { return nil }
        let context = document.value("context", in: build).flatMap(document.string) ?? "."
        let file = document.value("dockerfile", in: build).flatMap(document.string) ?? "Dockerfile"
        return file.hasPrefix("/") ? file : context + "/" + file
    }

    private mutating func add(_ index: Index, prefix: String = "", madeBy build: Build? = nil) {
        guard var text = view.text(index), text.bytes.starts(with: prefix.utf8) else { return }
        text = text[prefix.utf8.count..<text.count]
        let filled = variables.fill(text)
        guard
            var finding = view.finding(
                .compose, at: index, written: text, meaning: filled.text, variable: filled.missing)
        else { return }
        finding.deciders = filled.deciders
        if finding.reference != nil { finding.addFront(of: filled.text) }
        if let build {
            finding.isBuilt = true
            note(filled.text, written: text, madeBy: build)
        }
        guard seen.insert(finding.range.lowerBound).inserted else { return }
        result.findings.append(finding)
    }

    // MARK: - Builds

    private mutating func note(_ name: TracedText, written: TracedText, madeBy build: Build) {
        result.products.append(
            BuildProduct(
                name.string, written: written.string, users: .compose, madeOf: build.dockerfile, defaultTag: "latest"))
    }

    private mutating func scan(build: Index, of service: String) {
        for tag in document.value("tags", in: build).map(document.items) ?? [] {
            guard let text = view.text(tag) else { continue }
            note(variables.fill(text).text, written: text, madeBy: Build(dockerfile: dockerfile(of: build)))
        }
        let contexts = document.value("additional_contexts", in: build)
        for source in contexts.map(contextSources) ?? [] { add(context: source) }
        if let inline = document.value("dockerfile_inline", in: build) { return scan(inline: inline, of: build) }
        for argument in argumentValues(of: build) {
            guard argument.value != nil, let text = filled(argument),
                BuildValue(name: argument.name, text: text).image != nil
            else { continue }
            add(argument.place, prefix: argument.prefix)
        }
        let own = self.build(build)
        let whole = layer?.whole(own, of: service) ?? own
        if whole.isInline { return }
        follow(whole.dockerfile, in: whole.folder, with: whole.arguments)
        let path = whole.dockerfile.hasPrefix("/") ? whole.dockerfile : whole.folder + "/" + whole.dockerfile
        for name in contexts.map(contextNames) ?? [] {
            result.products.append(.standIn(name, in: path))
        }
    }

    /// Reads a service's `build`, which is a folder or a mapping.
    private func build(_ build: Index) -> ComposeBuild {
        if document.kind(build) == .scalar { return ComposeBuild(context: filled(build)) }
        return ComposeBuild(
            context: document.value("context", in: build).flatMap(filled),
            file: document.value("dockerfile", in: build).flatMap(filled),
            isInline: document.value("dockerfile_inline", in: build) != nil, arguments: arguments(of: build))
    }

    /// A text with its variables filled in, or as it stands if one has no value.
    private func filled(_ index: Index) -> String? {
        guard let text = view.text(index) else { return nil }
        var expansion = ShellExpansion(text)
        expansion.variables = variables.values
        guard let filled = try? expansion.word(), expansion.unset.isEmpty else { return text.string }
        return filled.string
    }

    /// The builds of all services that have one, by service name.
    var builds: [String: ComposeBuild] {
        let services = view.root < 0 ? nil : document.value("services", in: view.root)
        return (services.map { document.entries($0) } ?? []).reduce(into: [:]) { builds, entry in
            guard let name = document.string(entry.key), let build = document.value("build", in: entry.value),
                isMeant(build)
            else { return }
            builds[name] = self.build(build)
        }
    }

    /// The names in a Dockerfile that the build replaces with other contexts.
    private func contextNames(_ contexts: Index) -> [String] {
        document.entries(contexts).compactMap { document.string($0.key) }
            + document.items(contexts).compactMap { item in
                document.string(item).flatMap { $0.contains("=") ? String($0.prefix { $0 != "=" }) : nil }
            }
    }

    /// The sources in a mapping, or in a list of `NAME=SOURCE`.
    private func contextSources(_ contexts: Index) -> [Index] {
        document.kind(contexts) == .sequence ? document.items(contexts) : document.entries(contexts).map(\.value)
    }

    private mutating func add(context source: Index) {
        guard let text = view.text(source)?.string else { return }
        let scheme = "docker-image://"
        if text.hasPrefix(scheme) { return add(source, prefix: scheme) }
        guard let equals = text.firstIndex(of: "="), text[text.index(after: equals)...].hasPrefix(scheme) else {
            return
        }
        add(source, prefix: text[...equals] + scheme)
    }

    private mutating func follow(_ file: String, in context: String, with arguments: BuildArguments) {
        // A context that is a remote repository or contains a variable cannot be followed.
        guard !context.contains("$"), !file.contains("$"), !context.contains("://"), !context.hasPrefix("git@") else {
            return
        }
        let path = file.hasPrefix("/") ? file : context + "/" + file
        var followUp = FollowUp(path: path, kind: .dockerfile(arguments))
        // A file that is laid over one in another folder has paths relative to that one (docs.docker.com, "Merge Compose
        // files").
        if FilePath.normalized(path).contains("/") { followUp.start = .above }
        result.followUps.append(followUp)
    }

    private func arguments(of build: Index) -> BuildArguments {
        argumentValues(of: build).reduce(into: BuildArguments()) { arguments, argument in
            if let text = filled(argument) { arguments.add(argument.name, text.string) }
        }
    }

    /// An argument of a build. Without a value it has that of the variable with its name.
    private struct Argument {
        let name: String
        let value: TracedText?
        let place: Index
        /// What precedes the value in the text at the place.
        var prefix = ""
    }

    /// Reads `args`, a mapping or a list of `NAME=value`.
    private func argumentValues(of build: Index) -> [Argument] {
        guard let args = document.value("args", in: build) else { return [] }
        let named = document.allEntries(args).compactMap { key, value in
            document.string(key).map {
                Argument(name: $0, value: document.isNull(value) ? nil : view.text(value), place: value)
            }
        }
        return named
            + document.items(args).compactMap { item in
                guard let text = view.text(item) else { return nil }
                guard let (name, value) = text.cut(at: UInt8(ascii: "=")) else {
                    return Argument(name: text.string, value: nil, place: item)
                }
                return Argument(name: name.string, value: value, place: item, prefix: name.string + "=")
            }
    }

    private func filled(_ argument: Argument) -> TracedText? {
        var expansion = ShellExpansion(argument.value ?? TracedText(untraced: "${\(argument.name)}"))
        expansion.variables = variables.values
        guard let filled = try? expansion.word(), expansion.unset.isEmpty else { return nil }
        return filled
    }

    /// Scans a Dockerfile inside the file, where a dollar sign is written as `$$`.
    private mutating func scan(inline: Index, of build: Index) {
        guard let text = document.text(inline) else { return }
        var placed = text.withSingleDollars
        placed.mapOrigins { view.origins.origin(of: $0) }
        let found = DockerfileScanner.scan(placed.bytes, origins: OriginMap(placed), arguments: arguments(of: build))
        let contexts = document.value("additional_contexts", in: build).map(contextNames) ?? []
        let names = Set(contexts.map { ProductName.of($0) })
        result.findings += found.findings.filter { !names.contains(ProductName.of($0)) }.written(in: view.file)
        result.problems += found.problems
        result.shared += found.shared
    }

    private mutating func include(_ include: Index?) {
        guard let include else { return }
        for item in document.kind(include) == .scalar ? [include] : document.items(include) {
            let paths = document.kind(item) == .scalar ? texts(item) : document.value("path", in: item).map(texts) ?? []
            let named = document.value("env_file", in: item).map(texts)
            for path in paths where !path.contains("://") && !path.contains("$") {
                // The project's own variables override those of the files that it includes.
                let environment = (named ?? [FilePath.folder(of: path) + ".env"]) + [".env"]
                result.followUps.append(FollowUp(path: path, kind: .composePart(environment: environment)))
            }
        }
    }

    /// The texts of a scalar or a list.
    private func texts(_ index: Index) -> [String] {
        (document.kind(index) == .sequence ? document.items(index) : [index]).compactMap(document.string)
    }
}
