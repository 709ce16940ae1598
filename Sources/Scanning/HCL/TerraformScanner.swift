// SPDX-License-Identifier: Apache-2.0

/// Finds the images of Terraform configurations, Nomad jobs and other HCL.
struct TerraformScanner {
    private let file: UnsafeBufferPointer<UInt8>
    private var found: FoundImages
    private var resolver = HCLResolver()
    private var embedded: [Finding] = []

    /// - Parameter kind: `.terraform` or `.nomad`.
    static func scan(_ bytes: [UInt8], kind: FindingKind) -> ScanResult {
        var parser = HCLParser(SourceText(bytes))
        let body = parser.file()
        return bytes.withUnsafeBufferPointer { file in
            var scanner = TerraformScanner(file: file, found: FoundImages(kind))
            scanner.declare(body)
            scanner.scan(body, .unknown)
            var result = ScanResult()
            result.findings = (scanner.found.findings + scanner.embedded).inFileOrder
            if let problem = parser.problem { result.problems = [problem] }
            return result
        }
    }

    private init(file: UnsafeBufferPointer<UInt8>, found: FoundImages) {
        self.file = file
        self.found = found
    }

    /// Defaults of variables, and local values.
    private mutating func declare(_ body: HCLBody) {
        for block in body.blocks {
            switch block.type {
            case "variable":
                if let name = block.labels.first, let value = block.body.value("default") {
                    resolver.add("var." + name, value)
                }
            case "locals": for entry in block.body.attributes { resolver.add("local." + entry.name, entry.value) }
            default: break
            }
        }
    }

    // MARK: - Blocks

    private mutating func scan(_ body: HCLBody, _ place: ImagePlace) {
        for entry in body.attributes { attribute(entry.name, entry.value, place) }
        for block in body.blocks { scan(block, place) }
    }

    private mutating func scan(_ block: HCLBlock, _ place: ImagePlace) {
        switch block.type {
        case "variable": variable(block)
        case "resource", "data": resource(block)
        case "source" where block.labels.first == "docker": scan(block.body, .container)
        // Packer's machines, and what Nomad's drivers are told.
        case "source", "builder": scan(block.body, .other)
        case "config" where found.kind == .nomad: scan(block.body, .container)
        case "set": setting(block.body.value("name"), block.body.value("value"))
        default: scan(block.body, place)
        }
    }

    private mutating func variable(_ block: HCLBlock) {
        guard let name = block.labels.first, let value = block.body.value("default") else { return }
        attribute(name, value, .unknown)
    }

    private mutating func resource(_ block: HCLBlock) {
        let type = block.labels.first ?? ""
        if type == "docker_image" {
            // What is built here is pulled by nobody.
            if block.body.blocks.contains(where: { $0.type == "build" }) { return }
            if let name = block.body.value("name") { add(name, .container) }
        }
        let place = ImagePlace(resource: type)
        scan(block.body, place)
        if type == "helm_release" { values(block.body) }
    }

    // MARK: - Attributes

    private mutating func attribute(_ name: String, _ value: HCLValue, _ place: ImagePlace) {
        if ImagePlace.attributes.contains(name) || ImageText.isImageName(name) {
            let isOwn = ImagePlace.attributes.contains(name)
            add(value, place == .container && !isOwn ? .unknown : place)
        }
        visit(value, place)
    }

    /// Objects and texts inside of a value.
    private mutating func visit(_ value: HCLValue, _ place: ImagePlace) {
        switch value {
        case .object(let entries):
            let name = entries.first { $0.name == "name" }?.value
            setting(name, entries.first { $0.name == "value" }?.value)
            for entry in entries { attribute(entry.name, entry.value, place) }
        case .list(let values), .call(_, let values), .choice(let values), .other(let values):
            for value in values { visit(value, place) }
        case .text(let text) where text.isBlock: document(text.written, place)
        default: return
        }
    }

    private mutating func add(_ value: HCLValue, _ place: ImagePlace) {
        guard place != .other else { return }
        for resolved in resolver.resolve(value) {
            switch resolved {
            case .text(let text, _):
                guard place == .container || Self.isPlain(text.string) else { continue }
            case .open: guard place == .container else { continue }
            }
            found.add(resolved)
        }
    }

    /// Where the place does not say what it is, the text has to: with a tag, a digest or a host.
    private static func isPlain(_ text: String) -> Bool {
        guard ImageText.reference(ofSetting: text) != nil, !text.hasPrefix("aws/codebuild/") else { return false }
        let bounds = ReferenceBounds(Array(text.utf8))
        return bounds.tag != nil || bounds.digest != nil || text.prefix { $0 != "/" }.contains(".")
    }

    /// Helm's `set`: a value by its path.
    private mutating func setting(_ name: HCLValue?, _ value: HCLValue?) {
        guard let name, let value, case .text(let path, _)? = resolver.resolve(name).first,
            ImageText.isImageName(path.string.split(separator: ".").last ?? "")
        else { return }
        add(value, .unknown)
    }

    // MARK: - Texts

    /// A manifest, a task definition, or shell text.
    private mutating func document(_ text: TracedText, _ place: ImagePlace) {
        let content: EmbeddedDocument.Content = place == .container ? .keys : .manifests
        let text = EmbeddedDocument.withoutSubstitutions(text)
        embedded += EmbeddedDocument.findings(in: text, of: file, content, kind: found.kind)
    }

    /// The values of a chart, as texts or `yamlencode`.
    private mutating func values(_ body: HCLBody) {
        guard case .list(let items)? = body.value("values") else { return }
        for case .text(let text) in items where text.isBlock {
            let known = Set(embedded.map(\.range))
            embedded += EmbeddedDocument.findings(
                in: EmbeddedDocument.withoutSubstitutions(text.written), of: file, .values, kind: found.kind
            ).filter { !known.contains($0.range) }
        }
    }
}
