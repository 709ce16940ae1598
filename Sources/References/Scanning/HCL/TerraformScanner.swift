// SPDX-License-Identifier: Apache-2.0

/// Finds the images of Terraform configurations, Nomad jobs and other HCL.
struct TerraformScanner {
    let file: UnsafeBufferPointer<UInt8>
    var found: FoundImages
    /// The values of names, once for each selectable file of values.
    var rows: [HCLResolver]
    var embedded: [Finding] = []
    private var scripts: TerraformScripts
    var shared: Set<SharedBytes> = []
    private var products: Set<BuildProduct> = []
    /// How often images use a name, themselves and in the values of other names.
    var imageUses: [String: Int] = [:]
    var countedNames: Set<String> = []
    /// Names that the module uses only before a tag.
    private let names: Set<String>
    /// The file that declares each name.
    private var places: [String: String] = [:]
    /// The body that is read belongs to another file. It shows what values of this file are used for.
    private var isForeign = false

    /// - Parameter kind: `.terraform` or `.nomad`.
    static func scan(_ bytes: [UInt8], kind: FindingKind = .terraform) -> ScanResult {
        scan(SourceText(bytes), of: bytes, kind, in: NearbyFiles(), inputs: [:])
    }

    /// Finds the images of a job that a template makes.
    ///
    /// - Parameter source: the template as HCL.
    static func scan(job source: SourceText, of bytes: [UInt8]) -> ScanResult {
        scan(source, of: bytes, .nomad, in: NearbyFiles(), inputs: [:])
    }

    /// - Parameter inputs: the values that a caller gives to the variables of the file's module.
    static func scan(
        _ bytes: [UInt8], in nearby: NearbyFiles, inputs: [String: String] = [:]
    ) -> ScanResult {
        guard TerraformGate.mayHold(bytes) else { return ScanResult() }
        return scan(SourceText(bytes), of: bytes, .terraform, in: nearby, inputs: inputs)
    }

    private static func scan(
        _ source: SourceText, of bytes: [UInt8], _ kind: FindingKind, in nearby: NearbyFiles,
        inputs: [String: String]
    ) -> ScanResult {
        var parser = HCLParser(source)
        let name = nearby.name ?? ""
        let own = TerraformModule.File(
            name: name, bytes: bytes, body: parser.file(), isValues: TerraformModule.isValues(name))
        return bytes.withUnsafeBufferPointer { file in
            var scanner = TerraformScanner(
                own, of: TerraformModule(own: own, folder: "", in: NearbyFiles()), file: file, kind: kind)
            if TerraformModule.isModuleFile(name), !inputs.isEmpty || scanner.needsOthers(own.body) {
                let values = inputs.mapValues { HCLValue.text(FilledText(literal: TracedText(untraced: $0))) }
                let module = TerraformModule(own: own, folder: "", in: nearby, inputs: values)
                let before = scanner.found.findings
                scanner = TerraformScanner(own, of: module, file: file, kind: kind)
                if !inputs.isEmpty { scanner.found.remove { Self.isSaidElsewhere($0, before) } }
                scanner.scanCalled(own.body, in: nearby)
            }
            var result = ScanResult()
            result.findings = scanner.finished().inFileOrder
            result.shared = Array(scanner.shared)
            result.products = Array(scanner.products)
            let files = scanner.files(of: own.body)
            result.followUps = scanner.calls(of: own.body).compactMap(\.followUp) + files.followUps
            result.overrides = files.overrides
            if let problem = parser.problem { result.problems = [problem] }
            return result
        }
    }

    /// A complete image from a caller is found in the caller's file. Here it counts only if nothing was known without
    /// it.
    private static func isSaidElsewhere(_ finding: Finding, _ before: [Finding]) -> Bool {
        guard finding.parts.isEmpty, finding.reference != nil else { return false }
        return !before.contains { $0.range == finding.range && $0.unresolved != nil }
    }

    private init(
        _ own: TerraformModule.File, of module: TerraformModule, file: UnsafeBufferPointer<UInt8>, kind: FindingKind
    ) {
        self.file = file
        found = FoundImages(kind)
        scripts = TerraformScripts(kind)
        rows = module.rows
        places = module.places
        let uses = module.files.flatMap(\.body.nameUses)
        names = HCLBody.namesBeforeTags(in: uses)
        scan(file: own.body)
        isForeign = true
        for file in module.files where file.name != own.name { scan(file: file.body) }
        isForeign = false
        keepTextsOfOtherUses(uses.map(\.name))
    }

    /// All findings. Those in shell text count only in places where nothing else was found.
    private mutating func finished() -> [Finding] {
        let all = found.findings + embedded
        let known = Set(all.map(\.range))
        let scripts = scripts.finished(in: file)
        shared.formUnion(scripts.shared)
        products.formUnion(scripts.products)
        return all + scripts.findings.filter { !known.contains($0.range) }
    }

    // MARK: - Blocks

    /// Scans a whole file. A block `config` that is in no task and no resource holds settings of some program.
    private mutating func scan(file body: HCLBody) {
        for entry in body.attributes { attribute(entry.name, entry.value, in: .unknown) }
        for block in body.blocks { block.type == "config" ? scan(block.body, .other) : scan(block, .unknown) }
    }

    private mutating func scan(_ body: HCLBody, _ place: ImagePlace) {
        let separate = place == .container ? separateImage(of: body) : nil
        for entry in body.attributes where entry.name != separate { attribute(entry.name, entry.value, in: place) }
        for block in body.blocks { scan(block, place) }
    }

    /// Adds an image whose registry or tag is an attribute of its own (registry.terraform.io, "azurerm_linux_web_app",
    /// "azurerm_linux_function_app").
    ///
    /// - Returns: the attribute with the name; nil if there is no such image.
    private mutating func separateImage(of body: HCLBody) -> String? {
        func first(_ names: String...) -> String? { names.first { body.value($0) != nil } }
        guard let name = first("docker_image_name", "docker_image", "image_name"), let row = rows.first else {
            return nil
        }
        let others = [first("docker_registry_url", "registry_url"), first("docker_image_tag", "image_tag")]
        guard others.contains(where: { $0 != nil }) else { return nil }
        func text(_ name: String?) -> TracedText? {
            guard let value = name.flatMap(body.value), case .text(let text, _)? = row.resolve(value).first else {
                return nil
            }
            return text.withoutForeign
        }
        guard !isForeign, let image = text(name) else { return name }
        guard let open = others.first(where: { $0 != nil && text($0) == nil }) ?? nil else {
            if let finding = separate(image, registry: text(others[0]), tag: text(others[1])) { found.append(finding) }
            return name
        }
        found.add(open: open, written: image, parts: [])
        return name
    }

    private func separate(_ image: TracedText, registry: TracedText?, tag: TracedText?) -> Finding? {
        let bounds = ReferenceBounds(image.bytes)
        var fields = ["image": bounds.name.map { image[$0] } ?? image]
        fields["registry"] = registry?.without(prefix: "https://").without(prefix: "http://")
        fields["tag"] = tag ?? bounds.tag.map { image[$0] }
        fields["digest"] = bounds.digest.map { image[$0] }
        return PulledFields(fields).finding(found.kind)
    }

    private mutating func scan(_ block: HCLBlock, _ place: ImagePlace) {
        switch block.type {
        case "variable": variable(block)
        case "resource", "data": resource(block)
        case "source" where block.labels.first == "docker": scan(block.body, .container)
        // Packer's machines, and settings of Nomad's drivers.
        case "source", "builder": scan(block.body, .other)
        case "config" where found.kind == .nomad: scan(block.body, .container)
        // Texts that nothing of Nomad reads.
        case "meta" where found.kind == .nomad: return
        case "provisioner", "post-processor":
            guard !isForeign, let row = rows.first else { return }
            for entry in block.body.attributes { count(script: entry.value) }
            scripts.read(provisioner: block, row)
        case "set": setting(block.body.value("name"), block.body.value("value"))
        default: scan(block.body, place)
        }
    }

    private mutating func variable(_ block: HCLBlock) {
        // The image is found where the tag is.
        guard let name = block.labels.first else { return }
        // Defaults of an object's fields.
        if let type = block.body.value("type") { visit(type, .unknown) }
        guard !names.contains("var." + name), let value = block.body.value("default") else { return }
        let before = found.findings.count
        defer { advise(from: before, for: name, checkedBy: block) }
        attribute(name, value, in: .unknown)
    }

    /// A rule that compares the variable with texts refuses another name.
    private mutating func advise(from position: Int, for name: String, checkedBy block: HCLBlock) {
        let rules = block.body.blocks.filter { $0.type == "validation" }.compactMap { $0.body.value("condition") }
        guard rules.contains(where: { $0.nameUses.contains { $0.name == "var." + name } && $0.holdsText }) else {
            return
        }
        found.change(from: position) { $0.advice = "a validation of the variable compares it: change both" }
    }

    private mutating func resource(_ block: HCLBlock) {
        let type = block.labels.first ?? ""
        if type == "docker_image" {
            // An image that is built here is not pulled.
            if block.body.blocks.contains(where: { $0.type == "build" }) { return product(block.body) }
            if let name = block.body.value("name") { add(name, .container) }
        }
        if type == "docker_registry_image" {
            // As a resource, it is pushed; as data, its digest is read.
            if block.type == "resource" { product(block.body) }
            if block.type == "data", let name = block.body.value("name") { add(name, .container) }
        }
        let place = ImagePlace(resource: type)
        scan(block.body, place)
        if type == "google_cloudbuild_trigger" { cloudBuild(block.body) }
        if type == "helm_release" {
            values(block.body)
            imageFields(block.body)
        }
    }

    /// A build whose steps run in images (registry.terraform.io, "google_cloudbuild_trigger").
    private mutating func cloudBuild(_ trigger: HCLBody) {
        for build in trigger.blocks where build.type == "build" {
            for step in build.body.blocks where step.type == "step" {
                if let name = step.body.value("name") { add(name, .container) }
            }
            for image in build.body.value("images")?.elements ?? [] { product(image) }
        }
    }

    /// Notes the name of an image that is built or pushed here.
    private mutating func product(_ body: HCLBody) {
        if let name = body.value("name") { product(name) }
    }

    private mutating func product(_ name: HCLValue) {
        if isForeign { return }
        for row in rows {
            for text in row.sources(of: name) {
                shared.formUnion(SharedBytes.all(of: text.withoutForeign, .product))
            }
            for case .text(let text, let written) in row.resolve(name) {
                products.insert(BuildProduct(text.string, written: written.string, defaultTag: "latest"))
            }
        }
    }

    // MARK: - Attributes

    private mutating func attribute(_ name: String, _ value: HCLValue, in place: ImagePlace) {
        if ImagePlace.attributes.contains(name) || ImageText.isImageName(name) {
            let isOwn = ImagePlace.attributes.contains(name)
            add(value, place == .container && !isOwn ? .unknown : place)
        } else if place != .other, ImageText.mayHoldImage(name) || ImageText.isImageListName(name) {
            for element in value.elements { add(element, namedBy: name) }
        }
        if TerraformScripts.names.contains(name), !isForeign, let row = rows.first {
            count(script: value)
            scripts.read(value, row)
        }
        if name == TerraformScripts.declaration { return declaration(value) }
        visit(value, place)
    }

    /// Reads a container's declaration, which may be a quoted text with escaped line breaks.
    private mutating func declaration(_ value: HCLValue) {
        guard case .text(let text) = value, !text.isBlock else { return visit(value, .container) }
        document(text.unfilled, .container)
    }

    /// Adds an image whose name mentions images somewhere, or several images in one text.
    private mutating func add(_ value: HCLValue, namedBy name: String) {
        guard case .text(let text) = value, ImageText.isImageListName(name) else {
            return add(value, .unknown) { ImageText.isImage($0, namedBy: name) }
        }
        let words = text.written.words(between: Self.separators)
        guard words.count > 1, text.names.isEmpty else {
            return add(value, .unknown) { ImageText.isImage($0, namedBy: name) }
        }
        if isForeign { return }
        for word in words where ImageText.isListed(word.string) { found.add(word) }
    }

    /// The separators between the images of a text.
    static let separators = " \t\r\n,;"

    /// Visits objects and texts inside a value.
    private mutating func visit(_ value: HCLValue, _ place: ImagePlace) {
        switch value {
        case .object(let entries):
            let name = entries.first { $0.name == "name" }?.value
            setting(name, entries.first { $0.name == "value" }?.value)
            let separate = separateTag(of: entries, place)
            for entry in entries where entry.name != separate { attribute(entry.name, entry.value, in: place) }
        case .list(let values), .call(_, let values), .choice(let values), .other(let values):
            for value in values { visit(value, place) }
        case .text(let text) where text.isBlock: document(text.written, place)
        default: return
        }
    }

    /// Adds an image whose tag is another field: `{ image = "quay.io/acme/app", tag = "1" }`.
    ///
    /// - Returns: the field with the name; nil if there is no such image.
    private mutating func separateTag(of entries: [HCLEntry], _ place: ImagePlace) -> String? {
        guard let row = rows.first, let image = entries.first(where: { $0.name == "image" })?.value,
            let tag = entries.first(where: { $0.name == "tag" || $0.name == "image_tag" })?.value,
            case .text(let name, _)? = row.resolve(image).first, !ReferenceBounds(name.bytes).hasVersion
        else { return nil }
        guard !isForeign, place != .other else { return "image" }
        let own = name.withoutForeign
        guard case .text(let version, _)? = row.resolve(tag).first else {
            found.add(open: "tag", written: own, parts: OpenTag.parts(ofName: own))
            return "image"
        }
        let fields = ["image": own, "tag": version.withoutForeign]
        if place == .container || Self.isPlain(own.string + ":" + version.string),
            let finding = PulledFields(fields).finding(found.kind)
        {
            found.append(finding)
        }
        return "image"
    }

    /// - Parameter isImage: an additional condition for the text.
    mutating func add(
        _ value: HCLValue, _ place: ImagePlace, where isImage: (String) -> Bool = { _ in true }
    ) {
        guard place != .other else { return }
        count(value)
        var used: [TracedText] = []
        var open: (name: String, written: TracedText)?
        var usedAt: TracedText?
        for resolved in rows.flatMap({ $0.resolve(value) }) {
            switch resolved {
            case .text(let text, let written):
                guard place == .container || Self.isPlain(text.string), isImage(text.string) else { continue }
                let text = withoutTransport(text)
                if let range = text.contiguousRange, !TerraformModule.isForeign(range.lowerBound) {
                    found.add(text)
                    continue
                }
                guard !isFoundElsewhere(text, written, of: value), let spot = spot(of: value, written) else {
                    continue
                }
                used.append(text.withoutForeign)
                usedAt = spot
            case .open(let name, let written):
                // The image of another resource is found there, or is built there.
                if place == .container, isHere(written), !Self.imageResources.contains(where: name.hasPrefix) {
                    open = (name, written)
                }
            }
        }
        if let usedAt { return found.add(used, written: usedAt, deciders: deciders(of: value)) }
        guard let open else { return }
        found.add(open: open.name, written: open.written)
        keepRegistries(of: value, beside: open.written)
    }

    private static let imageResources = ["docker_image.", "data.docker_registry_image."]

    /// Nomad's Podman driver takes a transport before an image.
    private func withoutTransport(_ text: TracedText) -> TracedText {
        found.kind == .nomad ? text.without(prefix: "docker://") : text
    }

    private func isHere(_ written: TracedText) -> Bool {
        written.origins.allSatisfy { $0 != TracedText.nowhere && !TerraformModule.isForeign($0) }
    }

    /// The place of a value in this file: its text, or its name.
    private func spot(of value: HCLValue, _ written: TracedText) -> TracedText? {
        if isHere(written) { return written }
        guard let name = value.name?.written, isHere(name) else { return nil }
        return name
    }

    /// Whether a value is in another file of the module and is recognized there as an image by its form or its name.
    private func isFoundElsewhere(_ text: TracedText, _ written: TracedText, of value: HCLValue) -> Bool {
        let isElsewhere = written.origins.allSatisfy(TerraformModule.isForeign)
        guard isElsewhere, !written.isEmpty, Self.isPlain(text.string) else { return false }
        if text.contiguousRange == nil || TerraformGate.isSeen(text.string) { return TerraformGate.isSeen(text.string) }
        guard let path = value.name?.path, let name = path.split(separator: ".").last else { return false }
        if ImagePlace.attributes.contains(String(name)) || ImageText.isImageName(name) { return true }
        return path.split(separator: ".").dropLast().last.map(ImageText.isImageListName) == true
    }

    /// The names that a value consists of, with the files that declare them.
    private func deciders(of value: HCLValue) -> [Decider] {
        switch value {
        case .reference(let path, _): [Decider(path, file: places[path])]
        case .element(let element): [Decider(element.base, file: places[element.base])]
        case .text(let text): text.names.map { Decider($0, file: places[$0]) }
        default: []
        }
    }

    /// If the place does not show that a text is an image, the text itself has to: with a tag, a digest or a host.
    static func isPlain(_ text: String) -> Bool {
        guard ImageText.reference(ofSetting: text) != nil, !text.hasPrefix("aws/codebuild/") else { return false }
        let bounds = ReferenceBounds(Array(text.utf8))
        return bounds.hasVersion || text.prefix { $0 != "/" }.contains(".")
    }

    /// Helm's `set`: a value by its path.
    private mutating func setting(_ name: HCLValue?, _ value: HCLValue?) {
        guard let name, let value, case .text(let path, _)? = rows.first?.resolve(name).first else { return }
        let names = path.string.split(separator: ".")
        guard let last = names.last else { return }
        if ImageText.isImageName(last) { return add(value, .unknown) }
        // `images.web`, of a chart's mapping.
        let holder = names.dropLast().last.flatMap { ImageText.isImageListName($0) ? $0 : nil }
        if let holder, !HCLValue.fieldNames.contains(String(last)) { return add(value, namedBy: String(holder)) }
        if ImageText.mayHoldImage(last) { add(value, namedBy: String(last)) }
    }

    /// `image.registry`, `image.repository` and `image.tag`, each in its own `set`.
    private mutating func imageFields(_ body: HCLBody) {
        guard !isForeign, let row = rows.first else { return }
        var fields: [String: [String: TracedText]] = [:]
        for (name, value) in TerraformFiles.settings(of: body) {
            guard case .text(let path, _)? = row.resolve(name).first,
                case .text(let text, _)? = row.resolve(value).first,
                let dot = path.string.lastIndex(of: ".")
            else { continue }
            let stem = path.string[..<dot]
            fields[String(stem), default: [:]][String(path.string[dot...].dropFirst())] = text.withoutForeign
        }
        for stem in fields.keys.sorted() where ImageText.endsInImage(stem) {
            add(fields: fields[stem] ?? [:], of: stem)
        }
    }

    private mutating func add(fields image: [String: TracedText], of stem: String) {
        if image["tag"] == nil, image["digest"] == nil {
            if let name = image["repository"] { found.add(open: stem + ".tag", written: name) }
        } else if let finding = PulledFields(image).finding(found.kind) {
            found.append(finding)
        }
    }

    /// `image = { registry = …, repository = …, tag = … }` in a chart's values, at any depth.
    private mutating func imageFields(of value: HCLValue, _ row: HCLResolver) {
        guard case .object(let entries) = value else { return }
        for entry in entries {
            if case .object(let fields) = entry.value, ImageText.endsInImage(entry.name) {
                let texts = fields.compactMap { field -> (String, TracedText)? in
                    guard case .text(let text, _)? = row.resolve(field.value).first else { return nil }
                    return (field.name, text.withoutForeign)
                }
                let image = Dictionary(texts) { first, _ in first }
                if image["repository"] != nil { add(fields: image, of: entry.name) }
            }
            imageFields(of: entry.value, row)
        }
    }

    // MARK: - Texts

    /// Finds images in a text of several lines, such as a manifest or a task definition.
    private mutating func document(_ text: TracedText, _ place: ImagePlace) {
        if isForeign { return }
        let content: EmbeddedDocument.Content = place == .container ? .keys : .manifests
        embed(text, content)
    }

    /// The values of a chart, as texts or `yamlencode`.
    private mutating func values(_ body: HCLBody) {
        guard !isForeign, case .list(let items)? = body.value("values") else { return }
        for case .call("yamlencode", let arguments) in items {
            if let row = rows.first { arguments.forEach { imageFields(of: $0, row) } }
        }
        for case .text(let text) in items where text.isBlock {
            embed(text.written, .values)
        }
    }

    // MARK: - Modules

    /// Whether this file needs the other files of its module: it has a name without a value, or an image under a name
    /// that does not mention images.
    private func needsOthers(_ body: HCLBody) -> Bool {
        found.findings.contains { $0.unresolved?.contains("var.") == true || $0.unresolved?.contains("local.") == true }
            || TerraformGate.values(of: body).contains(where: isUnclaimed)
    }

    private func isUnclaimed(_ text: FilledText) -> Bool {
        guard let range = text.written.contiguousRange, TerraformGate.isSeen(text) else { return false }
        return !found.findings.contains { $0.range == range }
    }

    /// The calls of modules in local folders, with their inputs: once for each choice of values.
    private func calls(of body: HCLBody) -> [TerraformCall] {
        let modules = body.blocks.filter { $0.type == "module" }
        return rows.flatMap { row in modules.compactMap { TerraformCall($0.body, row) } }
    }

    private func files(of body: HCLBody) -> (followUps: [FollowUp], overrides: [ChartOverride]) {
        var (seen, known): (Set<FollowUp>, Set<ChartOverride>) = ([], [])
        let files = rows.map { TerraformFiles(body, $0) }
        return (
            files.flatMap(\.followUps).filter { seen.insert($0).inserted },
            files.flatMap(\.overrides).filter { known.insert($0).inserted }
        )
    }

    /// Follows the modules that get values not known to be images here, because they may be used as images there.
    private mutating func scanCalled(_ body: HCLBody, in nearby: NearbyFiles) {
        for (number, call) in calls(of: body).enumerated() where call.texts.contains(where: isUnclaimed) {
            scan(call, number: number + 1, in: nearby)
        }
    }

    private mutating func scan(_ call: TerraformCall, number: Int, in nearby: NearbyFiles) {
        let module = TerraformModule(
            own: nil, folder: call.folder, number: number, in: nearby, inputs: call.inputs)
        let outer = (rows, isForeign)
        (rows, isForeign) = (module.rows, true)
        for file in module.files { scan(file: file.body) }
        (rows, isForeign) = outer
    }
}

extension TracedText {
    /// The text without origins in other files.
    var withoutForeign: TracedText {
        guard origins.contains(where: TerraformModule.isForeign) else { return self }
        var text = self
        text.mapOrigins { TerraformModule.isForeign($0) ? Self.nowhere : $0 }
        return text
    }
}
