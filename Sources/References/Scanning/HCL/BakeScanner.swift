// SPDX-License-Identifier: Apache-2.0

/// Finds the images that Bake's targets build on: contexts that are images, arguments that name one, and inline
/// Dockerfiles (docs.docker.com, "Bake file reference"). Tags, outputs and caches are images that are made.
struct BakeScanner {
    private var found = FoundImages(.bake)
    private var resolver = HCLResolver()
    private var targets = BakeTargets()
    private var shared: Set<SharedBytes> = []
    private var result = ScanResult()
    /// Texts that caches and outputs consist of.
    private var caches: Set<Range<Int>> = []
    /// Names of variables that targets use only before a tag: `"${BASE_IMAGE}:${VERSION}"`.
    private var names: Set<String> = []
    /// The values of one place of a target, for each combination of its matrix.
    private var places: [(written: TracedText, texts: [TracedText])] = []

    static func scan(_ bytes: [UInt8], in nearby: NearbyFiles = NearbyFiles()) -> ScanResult {
        var parser = HCLParser(SourceText(bytes))
        var result = scan(parser.file(), named: nearby.name, read: nearby.read)
        if let problem = parser.problem { result.problems.append(problem) }
        return result
    }

    /// - Parameters:
    ///   - name: the name of the file, if it is known.
    ///   - read: reads a file beside it.
    static func scan(_ body: HCLBody, named name: String?, read: (String) -> [UInt8]?) -> ScanResult {
        var scanner = BakeScanner()
        scanner.scan(body)
        scanner.result.findings = (scanner.result.findings + scanner.found.findings).inFileOrder
        scanner.result.shared += Array(scanner.shared)
        if let whole = BakeFile.whole(body, name: name, read: read) {
            // Only all files together tell what is built with which values.
            var all = BakeScanner()
            all.scan(whole)
            scanner.result.followUps = all.result.followUps
        }
        return scanner.result
    }

    private mutating func scan(_ body: HCLBody) {
        for entry in body.attributes { resolver.add(entry.name, entry.value) }
        for block in body.blocks { declare(block) }
        targets = BakeTargets(body.blocks, resolver)
        for block in body.blocks where block.type == "target" { noteCaches(targets.whole(block.body)) }
        names = HCLBody.namesBeforeTags(in: body.nameUses)
        for block in body.blocks {
            switch block.type {
            case "variable": if let name = block.labels.first { setting(name, block.body.value("default")) }
            case "target": target(targets.whole(block.body))
            default: break
            }
        }
        for entry in body.attributes { setting(entry.name, entry.value) }
    }

    private mutating func noteCaches(_ target: HCLBody) {
        let values = ["cache-from", "cache-to", "output"].compactMap { target.value($0) }
        caches.formUnion(values.flatMap { resolver.sources(of: $0) }.flatMap(\.pieces))
    }

    private mutating func declare(_ block: HCLBlock) {
        guard let name = block.labels.first else { return }
        if block.type == "function" { resolver.add(function: name, block.body) }
        if block.type == "variable", let value = block.body.value("default") { resolver.add(name, value) }
    }

    private mutating func setting(_ name: String, _ value: HCLValue?) {
        guard let value, !names.contains(name), ImageText.mayHoldImage(name) || ImageText.isImageListName(name) else {
            return
        }
        for case .text(let text, let written) in value.elements.flatMap({ resolver.resolve($0) }) {
            let words = ImageText.isImageListName(name) ? text.words(between: TerraformScanner.separators) : []
            for image in words.count > 1 ? words : [text] where isImage(image, namedBy: name) {
                found.add(.text(image, written: words.count > 1 ? image : written))
            }
        }
    }

    private func isImage(_ text: TracedText, namedBy name: String) -> Bool {
        ImageText.isImage(text.string, namedBy: name) && text.contiguousRange.map(caches.contains) != true
    }

    // MARK: - Targets

    /// Builds a target once for each combination of its matrix.
    private mutating func target(_ body: HCLBody) {
        let outer = resolver
        for turn in targets.turns(of: body) {
            for (name, value) in turn { resolver.set(name, value) }
            build(body)
            resolver = outer
        }
        for place in places { found.add(place.texts, written: place.written) }
        places = []
    }

    private mutating func build(_ body: HCLBody) {
        var arguments = BuildArguments()
        for name in ["args", "contexts"] {
            guard case .object(let entries)? = body.value(name) else { continue }
            for entry in entries {
                add(entry.name, entry.value)
                guard name == "args" else { continue }
                for case .text(let text, _) in resolver.resolve(entry.value) { arguments.add(entry.name, text.string) }
            }
        }
        products(body)
        if case .text(let inline)? = body.value("dockerfile-inline") {
            dockerfile(inline, arguments, contexts: contextNames(of: body))
        } else {
            follow(body, arguments)
        }
    }

    private mutating func add(_ name: String, _ value: HCLValue) {
        for resolved in resolver.resolve(value) {
            switch resolved {
            case .text(let text, let written):
                // Another target of the same file.
                guard !text.bytes.starts(with: "target:".utf8), let image = BuildValue(name: name, text: text).image
                else { continue }
                note(image, written: written.without(prefix: "docker-image://"))
            case .open(let name, let written):
                let image = written.without(prefix: "docker-image://")
                guard image.count < written.count else { continue }
                found.add(open: name, written: image)
                for text in resolver.sources(of: value) { shared.formUnion(SharedBytes.beside(image, of: text)) }
            }
        }
    }

    private mutating func note(_ image: TracedText, written: TracedText) {
        let place = image.contiguousRange == nil ? written : image
        if let index = places.firstIndex(where: { $0.written.origins == place.origins }) {
            places[index].texts.append(image)
        } else {
            places.append((place, [image]))
        }
    }

    /// The names of built images, with their Dockerfiles.
    private mutating func products(_ body: HCLBody) {
        for name in ["tags", "output", "cache-to"] {
            guard let value = body.value(name) else { continue }
            for text in resolver.sources(of: value) { shared.formUnion(SharedBytes.all(of: text, .product)) }
        }
        guard let tags = body.value("tags") else { return }
        let source = body.value("dockerfile-inline") == nil ? dockerfile(of: body) : nil
        var values = [tags]
        if case .list(let items) = tags { values = items }
        for case .text(let text, let written) in values.flatMap({ resolver.resolve($0) }) {
            result.products.append(BuildProduct(text.string, written: written.string, madeOf: source?.path))
        }
    }

    // MARK: - Dockerfiles

    /// Bake fills in its own variables before the Dockerfile is read. Here they count as arguments of the build.
    ///
    /// - Parameter contexts: names that mean other contexts of the target.
    private mutating func dockerfile(_ inline: FilledText, _ arguments: BuildArguments, contexts: Set<String>) {
        var (text, arguments) = (TracedText(), arguments)
        for name in Self.variables(in: inline.written.string) {
            let value = HCLValue.reference(path: name, written: TracedText(untraced: name))
            guard case .text(let known, _)? = resolver.resolve(value).first else { continue }
            text.append(TracedText(untraced: "ARG \(name)\n"))
            arguments.add(name, known.string)
        }
        text.append(inline.unfilled)
        let scanned = DockerfileScanner.scan(text.bytes, origins: OriginMap(text), arguments: arguments)
        result.findings += scanned.findings.filter {
            !result.findings.contains($0) && !contexts.contains(ProductName.of($0))
        }
        result.problems += scanned.problems.filter { !result.problems.contains($0) }
        result.shared += scanned.shared
    }

    private func contextNames(of body: HCLBody) -> Set<String> {
        guard case .object(let contexts)? = body.value("contexts") else { return [] }
        return Set(contexts.map { ProductName.of($0.name) })
    }

    /// The names in `${…}`.
    private static func variables(in text: String) -> Set<String> {
        var (names, rest): (Set<String>, Substring) = ([], text[...])
        while let start = rest.place(of: "${") {
            rest = rest[start.upperBound...]
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            if rest[name.endIndex...].first == "}" { names.insert(String(name)) }
        }
        return names
    }

    private func text(_ name: String, of body: HCLBody) -> String? {
        guard let value = body.value(name), case .text(let text, _)? = resolver.resolve(value).first else { return nil }
        return text.string
    }

    /// nil: the path depends on an unknown value.
    private func dockerfile(of body: HCLBody) -> (context: String, file: String, path: String)? {
        guard body.value("dockerfile") == nil || text("dockerfile", of: body) != nil,
            body.value("context") == nil || text("context", of: body) != nil
        else { return nil }
        let (context, file) = (text("context", of: body) ?? ".", text("dockerfile", of: body) ?? "Dockerfile")
        return (context, file, file.hasPrefix("/") ? file : context + "/" + file)
    }

    /// Follows the Dockerfile of a target, which is built with these arguments. Contexts of the target replace images
    /// in it.
    private mutating func follow(_ body: HCLBody, _ arguments: BuildArguments) {
        guard let source = dockerfile(of: body) else { return }
        if case .object(let contexts)? = body.value("contexts") {
            for context in contexts {
                result.products.append(.standIn(context.name, in: source.path))
            }
        }
        guard !source.context.contains("://"), !source.file.hasPrefix("cwd://") else { return }
        // The Dockerfile beside this file is scanned by itself, unless it gets arguments.
        guard body.value("dockerfile") != nil || !arguments.values.isEmpty else { return }
        result.followUps.append(FollowUp(path: source.path, kind: .dockerfile(arguments)))
    }
}
