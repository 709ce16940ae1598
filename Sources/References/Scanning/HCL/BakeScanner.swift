// SPDX-License-Identifier: Apache-2.0

/// Finds the images that Bake's targets build on: contexts that are images, arguments that name one, and inline Dockerfiles
/// (docs.docker.com, "Bake file reference"). Tags, outputs and caches are what is made.
struct BakeScanner {
    private var found = FoundImages(.bake)
    private var resolver = HCLResolver()
    private var result = ScanResult()

    static func scan(_ bytes: [UInt8]) -> ScanResult {
        var parser = HCLParser(SourceText(bytes))
        let body = parser.file()
        var scanner = BakeScanner()
        scanner.scan(body)
        scanner.result.findings = (scanner.result.findings + scanner.found.findings).inFileOrder
        if let problem = parser.problem { scanner.result.problems.append(problem) }
        return scanner.result
    }

    private mutating func scan(_ body: HCLBody) {
        for entry in body.attributes { resolver.add(entry.name, entry.value) }
        for block in body.blocks where block.type == "variable" {
            if let name = block.labels.first, let value = block.body.value("default") { resolver.add(name, value) }
        }
        for block in body.blocks {
            switch block.type {
            case "variable": if let name = block.labels.first { setting(name, block.body.value("default")) }
            case "target": target(block.body)
            default: break
            }
        }
        for entry in body.attributes { setting(entry.name, entry.value) }
    }

    private mutating func setting(_ name: String, _ value: HCLValue?) {
        guard let value, ImageText.isImageName(name) else { return }
        for case .text(let text, let written) in resolver.resolve(value)
        where ImageText.reference(ofSetting: text.string) != nil {
            found.add(.text(text, written: written))
        }
    }

    private mutating func target(_ body: HCLBody) {
        var arguments = BuildArguments()
        for name in ["args", "contexts"] {
            guard case .object(let entries)? = body.value(name) else { continue }
            for entry in entries {
                add(entry.name, entry.value)
                guard name == "args" else { continue }
                for case .text(let text, _) in resolver.resolve(entry.value) { arguments.add(entry.name, text.string) }
            }
        }
        for text in texts(body.value("tags")) { result.products.append(BuildProduct(text)) }
        if case .text(let inline)? = body.value("dockerfile-inline") { dockerfile(inline, arguments) }
        follow(body, arguments)
    }

    private mutating func add(_ name: String, _ value: HCLValue) {
        for case .text(let text, let written) in resolver.resolve(value) {
            // Another target of the same file.
            guard !text.bytes.starts(with: "target:".utf8), let image = BuildValue(name: name, text: text).image
            else { continue }
            found.add(.text(image, written: image.count == text.count ? written : image))
        }
    }

    private mutating func dockerfile(_ inline: FilledText, _ arguments: BuildArguments) {
        let text = inline.written
        let scanned = DockerfileScanner.scan(text.bytes, origins: OriginMap(text), arguments: arguments)
        result.findings += scanned.findings
        result.problems += scanned.problems
    }

    /// What a target says is put in the place of an image, in its Dockerfile.
    private mutating func replaceContexts(_ body: HCLBody, in file: String) {
        guard case .object(let contexts)? = body.value("contexts") else { return }
        for context in contexts {
            result.products.append(BuildProduct(context.name, users: .compose, onlyFile: file))
        }
    }

    /// A text, or those of a list, where they have values.
    private func texts(_ value: HCLValue?) -> [String] {
        guard let value else { return [] }
        if case .list(let items) = value { return items.flatMap { texts($0) } }
        return resolver.resolve(value).compactMap { resolved in
            if case .text(let text, _) = resolved { text.string } else { nil }
        }
    }

    /// A Dockerfile of another name, built with these arguments.
    private mutating func follow(_ body: HCLBody, _ arguments: BuildArguments) {
        func text(_ name: String) -> String? {
            guard let value = body.value(name), case .text(let text, _)? = resolver.resolve(value).first else {
                return nil
            }
            return text.string
        }
        guard body.value("dockerfile") == nil || text("dockerfile") != nil else { return }
        let context = text("context") ?? "."
        replaceContexts(body, in: context + "/" + (text("dockerfile") ?? "Dockerfile"))
        guard let file = text("dockerfile"), !context.contains("://"), !file.hasPrefix("cwd://") else { return }
        result.followUps.append(
            FollowUp(path: file.hasPrefix("/") ? file : context + "/" + file, kind: .dockerfile(arguments)))
    }
}
