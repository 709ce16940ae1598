// SPDX-License-Identifier: Apache-2.0

/// Finds images in a program: in the first arguments of calls, under keys and after words that its rules name.
struct ProgramScanner {
    private let tokens: ProgramTokens
    private let values: ProgramValues
    private let rules: ProgramRules
    private let file: UnsafeBufferPointer<UInt8>
    private var found: FoundImages
    private var shell: ShellScanner
    private var embedded: [Finding] = []
    private var products: Set<String> = []
    /// Keys of parameters that modules of Bicep use as images.
    private var moduleKeys: Set<Int> = []
    /// The first tokens of arguments that steps of a Jenkins library use as images.
    private var stepArguments: Set<Int> = []
    /// The keys of images in objects of images.
    private var listed: Set<String> = []
    private let registries: RegistryBlocks
    private let classes: ContainerClasses
    private let imports: ContainerImports
    /// By the brackets of objects, their keys of versions.
    private var versions: [Int: String?] = [:]
    /// By what the brackets belong to, the end of those brackets whose tokens have all been read.
    private var readEnds: [String: Int] = [:]

    /// - Parameters:
    ///   - nearby: the files that decide a part of this one: modules of Bicep, steps of a Jenkins library.
    ///   - depth: how many modules were entered.
    static func scan(
        _ bytes: [UInt8], _ rules: ProgramRules, kind: FindingKind, in nearby: NearbyFiles = NearbyFiles(),
        depth: Int = 0
    ) -> ScanResult {
        bytes.withUnsafeBufferPointer { file in
            var scanner = ProgramScanner(bytes, file: file, rules: rules, kind: kind)
            if kind == .bicep {
                scanner.moduleKeys = BicepModules(scanner.tokens, depth: depth, read: nearby.read).keys
            }
            if kind == .jenkins { scanner.stepArguments = LibrarySteps(scanner.tokens, in: nearby).arguments }
            return scanner.scan()
        }
    }

    private init(_ bytes: [UInt8], file: UnsafeBufferPointer<UInt8>, rules: ProgramRules, kind: FindingKind) {
        tokens = ProgramTokens(SourceText(bytes), rules.dialect)
        values = ProgramValues(
            tokens, callsAreOpen: Self.withOpenCalls.contains(kind), wrappers: rules.wrappers,
            hasParameters: kind == .jenkins)
        self.rules = rules
        self.file = file
        registries = RegistryBlocks(tokens, values, rules)
        classes = rules.base == nil ? ContainerClasses() : ContainerClasses(tokens)
        imports = kind == .testcontainers ? ContainerImports(tokens) : ContainerImports()
        found = FoundImages(kind)
        shell = ShellScanner(kind)
    }

    /// Kinds of programs in which a name with the result of a call is unresolved. In others, the call itself may name
    /// the image.
    private static let withOpenCalls: Set<FindingKind> = [.testcontainers, .bicep, .jsonnet, .drone]

    private mutating func scan() -> ScanResult {
        if found.kind == .jenkins { giveVariables() }
        products = ProgramProducts(tokens, values, rules.products).names
        var types = TypeDeclarations(tokens, rules.typeWords)
        for index in tokens.indices where !types.contain(index) { scan(at: index) }
        if rules.hasSettings { findSettings() }
        if !listed.isEmpty {
            let elsewhere = Set(found.findings.compactMap(\.unresolved).filter(isListed))
            found.remove { $0.unresolved.map(elsewhere.contains) == true }
        }
        let scripts = shell.finished(in: file)
        for var finding in scripts.findings {
            // The text in the file, not its shell form.
            finding.text = String(decoding: file[finding.range], as: UTF8.self)
            found.append(finding)
        }
        var result = ScanResult()
        (result.products, result.shared, result.overrides) = (scripts.products, scripts.shared, scripts.overrides)
        let builds = ProgramBuilds(tokens, values, kind: found.kind)
        result.followUps = scripts.followUps + builds.followUps
        embedded += builds.findings
        // Tilt replaces the names of images that it builds in the manifests that it applies.
        if found.kind == .tiltfile { result.products += products.sorted().map { BuildProduct($0) } }
        let places = Set(found.findings.map(\.range))
        let images = rules.checksNames ? CheckedImages(tokens, values, classes).advised(found.findings) : found.findings
        result.shared += images.filter { $0.unresolved != nil }.flatMap(sharedBytes) + sharedElsewhere(images)
        result.findings = (images + embedded.filter { !places.contains($0.range) }).inFileOrder
        return result
    }

    /// The texts of names that are part of an image of which another part is not known: `'${registry}/web:${tag}'`.
    private func sharedBytes(beside open: Finding) -> [SharedBytes] {
        let written = TracedText(file[open.range], origin: open.range.lowerBound)
        return values.texts(ofNamesAt: tokens.index(holding: open.range.lowerBound)).flatMap {
            SharedBytes.beside(written, of: $0)
        }.filter { bytes in
            // The image's own name moves with it.
            !open.parts.contains { $0.range.overlaps(bytes.range) }
        }
    }

    /// The texts of names that are part of an image and that the program uses for something else, too: `login(registry)`.
    private func sharedElsewhere(_ images: [Finding]) -> [SharedBytes] {
        let ranges = images.flatMap { $0.parts.filter { [.registry, .hub].contains($0.field) }.map(\.range) }
        guard !ranges.isEmpty else { return [] }
        let uses = images.map { tokens.index(holding: $0.range.lowerBound) }.filter { $0 >= 0 }
        let expressions = IndexSpans(uses.map { $0..<values.end(from: $0) })
        return values.names(outside: expressions).compactMap(values.text(of:)).flatMap { text in
            text.pieces.contains { piece in ranges.contains { $0.overlaps(piece) } }
                ? SharedBytes.all(of: text, .other) : []
        }
    }

    /// Gives the program's variables to shell text: `environment { NAME = 'x' }` (jenkins.io/doc,
    /// "Using environment variables"), and those that Groovy fills in by itself.
    private mutating func giveVariables() {
        for (name, values) in values.assigned {
            for value in values {
                if let value { shell.variables.assign(name, value) } else { shell.variables.open(name) }
            }
        }
    }

    // MARK: - Places

    private mutating func scan(at index: Int) {
        if stepArguments.contains(index) {
            for choice in values.choices(at: index) { add(choice.value, isCertain: true) }
        }
        if let text = tokens[index].text {
            let name = text.written.string
            if rules.keys.contains(name) || rules.looseKeys.contains(name) { key(name, at: index) }
            return document(text)
        }
        guard let name = tokens[index].name else { return }
        if let call = rules.calls.first(where: { $0.matches(tokens, at: index) }),
            !rules.checksNames || !CheckedImages.isCompared(tokens, index)
        {
            take(call, at: index)
        }
        if let method = rules.builders[name] { build(method, at: index) }
        if name == "super", let base = rules.base, classes.base(ofCall: index)?.hasSuffix(base) == true {
            take(ProgramCall("super", isCertain: false), at: index)
        }
        if rules.keys.contains(name) || rules.looseKeys.contains(name) || moduleKeys.contains(index) {
            key(name, at: index)
        }
        if rules.listKeys.contains(name) { list(at: index) }
        if rules.namedBy.contains(name) { named(at: index) }
        if rules.words.contains(name) { word(at: index) }
        if rules.scripts.contains(name) || rules.otherShells[name] != nil { script(name, at: index) }
        if rules.pulls.contains(name) { pull(at: index) }
    }

    private mutating func take(_ call: ProgramCall, at index: Int) {
        guard let open = call.opening(tokens, after: index) else { return }
        var start = open + 1
        for _ in 0..<call.argument { start = next(after: start) }
        // A named argument: `image = "…"`, in Groovy `image: "…"`.
        let sign: Unicode.Scalar = found.kind == .jenkins ? ":" : "="
        if tokens.indices.contains(start + 1), let name = tokens[start].name, tokens[start + 1].isMark(sign) {
            guard name == "image" else { return }
            start += 2
        }
        let tag = tag(behind: open)
        let isCertain = call.isCertain || isImported(at: index) && values.isOperand(at: start)
        for choice in values.choices(at: start) {
            switch (choice.value, tag) {
            case (.text(let text, let written), .text(let tag, _)?):
                found.add(text + TracedText(untraced: ":") + tag, written: written)
            case (.text(let text, let written), _?):
                let parts = Self.isName(text) ? OpenTag.parts(ofName: text) : []
                found.add(open: "withTag(…)", written: written, parts: parts)
            // What a function of the file makes is found in the function.
            case (.other, _) where !call.isCertain && isOwnFunction(at: choice.start): continue
            case (.other, _) where isCertain: addCall(at: choice.start)
            case (.text(let version, let written), nil) where !call.isCertain && ModuleVersions.isVersion(version):
                addModule(at: index, of: version, written: written)
            default: add(registries.within(index, choice.value), isCertain: isCertain)
            }
        }
    }

    /// Whether the class whose constructor is called comes from Testcontainers, and so gets an image.
    private func isImported(at index: Int) -> Bool {
        found.kind == .testcontainers && tokens[index].name?.hasSuffix("Container") == true
            && imports.takesImage(tokens[index].name)
    }

    /// `new KafkaContainer("7.7.0")`.
    private mutating func addModule(at index: Int, of version: TracedText, written: TracedText) {
        guard let name = tokens[index].name else { return }
        if let image = ModuleVersions.images[name] {
            found.add(TracedText(untraced: image + ":") + version, written: written)
        } else {
            found.add(open: name + "(…)", written: written)
        }
    }

    private func isOwnFunction(at index: Int) -> Bool {
        tokens.indices.contains(index) && tokens[index].name.map(imports.functions.contains) == true
    }

    /// `withDockerfileFromBuilder(b -> b.from("…").build())`.
    private mutating func build(_ method: String, at index: Int) {
        guard let open = tokens[index...].dropFirst().indices.first,
            tokens[open].isMark("(") || tokens[open].isMark("{"), let inside = unread(open, of: method)
        else { return }
        let call = ProgramCall(method, isMethod: true)
        for index in inside where call.matches(tokens, at: index) { take(call, at: index) }
    }

    /// The tokens of a bracket. nil if they were read already, with a bracket around them that belongs to the same.
    private mutating func unread(_ open: Int, of owner: String) -> Range<Int>? {
        guard open >= readEnds[owner, default: 0] else { return nil }
        let end = tokens.close(of: open)
        readEnds[owner] = end
        return open..<end
    }

    /// Adds the result of a call as unresolved. If the call makes an image's name, that is found in its own place
    /// instead.
    private mutating func addCall(at index: Int) {
        let isFound = (rules.calls + rules.products).contains { $0.isCertain && $0.matches(tokens, at: index) }
        guard !isFound, let path = values.openCall(at: index) else { return }
        found.add(open: path + "(…)", written: TracedText(path.utf8, origin: tokens[index].start))
    }

    /// The index of the first token of the next argument.
    private func next(after start: Int) -> Int {
        var index = start
        while index < tokens.count {
            if case .mark(let byte) = tokens[index].kind {
                if ")]}".utf8.contains(byte) { return tokens.count }
                if byte == UInt8(ascii: ",") { return index + 1 }
            }
            index = tokens.next(after: index)
        }
        return index
    }

    /// `.withTag("7")` after a call.
    private func tag(behind open: Int) -> ProgramValues.Value? {
        let end = tokens.close(of: open)
        guard end + 3 < tokens.count, tokens[end].isMark(")"), tokens[end + 1].isMark("."),
            tokens[end + 2].name == "withTag", tokens[end + 3].isMark("(")
        else { return nil }
        return values.value(at: end + 4)
    }

    /// `image: value`, `image = value`, `"image": value`, jsonnet's `image::` and `image+:`.
    private mutating func key(_ name: String, at index: Int) {
        var start = index + 1
        guard index == 0 || !tokens[index - 1].isMark("."), isAssigned(&start), !isFunction(at: start) else { return }
        let isCertain = rules.keys.contains(name) || moduleKeys.contains(index)
        // After an equals sign, the variable may hold something other than a name: `image = docker.load()`.
        let isPlace = isCertain && (found.kind == .testcontainers || tokens[start - 1].isMark(":"))
        let version = isCertain ? version(beside: index) : nil
        for choice in values.choices(at: start) {
            if case .other = choice.value, isPlace {
                addCall(at: choice.start)
            } else if let version, case .text(let text, let written) = choice.value, Self.isName(text) {
                found.add(open: version, written: written, parts: OpenTag.parts(ofName: text))
            } else {
                add(choice.value, isCertain: isCertain)
            }
        }
    }

    /// jsonnet's `image: function(x) x`, which is called elsewhere.
    private func isFunction(at start: Int) -> Bool {
        found.kind == .jsonnet && tokens[start].name == "function"
    }

    /// The key of a version in the object around a key.
    private mutating func version(beside index: Int) -> String? {
        guard !rules.versionKeys.isEmpty, let open = tokens.opening(around: index), tokens[open].isMark("{") else {
            return nil
        }
        if let known = versions[open] { return known }
        var version: String?
        for index in tokens.direct(in: open) where version == nil { version = versionKey(at: index) }
        versions[open] = .some(version)
        return version
    }

    private func versionKey(at index: Int) -> String? {
        var start = index + 1
        guard let name = tokens[index].name ?? tokens[index].text?.written.string, rules.versionKeys.contains(name),
            isAssigned(&start), tokens[start - 1].isMark(":")
        else { return nil }
        return name
    }

    /// Whether a text is the name of an image without a tag and a digest.
    private static func isName(_ text: TracedText) -> Bool {
        ImageName.reference(text.string) != nil && !ReferenceBounds(text.bytes).hasVersion
    }

    private func isAssigned(_ start: inout Int) -> Bool {
        let first = start
        if tokens.indices.contains(start), tokens[start].isMark("+") { start += 1 }
        while tokens.indices.contains(start), tokens[start].isMark(":") || tokens[start].isMark("=") { start += 1 }
        let marks = tokens[first..<start]
        return start < tokens.count && !marks.isEmpty && marks.contains { $0.isMark(":") || $0.isMark("=") }
            && marks.count { $0.isMark("=") } < 2
    }

    /// `images: { a: 'x', b: 'y' }`.
    private mutating func list(at index: Int) {
        var start = index + 1
        guard isAssigned(&start), tokens[start].isMark("{") else { return }
        guard let inside = unread(start, of: "list") else { return }
        for (colon, next) in zip(inside, tokens[inside].dropFirst())
        where tokens[colon].isMark(":") && !next.isMark(":") {
            let marks = tokens[inside.lowerBound..<colon].reversed().prefix { $0.isMark(":") || $0.isMark("+") }
            let key = tokens[colon - marks.count - 1]
            let before = found.findings.count
            for choice in values.choices(at: colon + 1) { element(choice.value) }
            guard found.findings.count > before, let name = key.name ?? key.text?.written.string else { continue }
            listed.insert(name)
        }
    }

    private mutating func element(_ value: ProgramValues.Value) {
        switch value {
        case .text(let text, let written) where ImageText.reference(ofSetting: text.string) != nil:
            found.add(text, written: text.contiguousRange == nil ? written : text)
        case .open(let name, let written, let parts)
        where Self.isBegun(written.string) || written.bytes.first == UInt8(ascii: "$"):
            found.add(open: name, written: written, parts: parts)
        default: return
        }
    }

    /// Whether a text with something appended or inserted begins like an image: `'acme/app:v' + version`,
    /// `'acme/app:%s' % version`.
    private static func isBegun(_ text: String) -> Bool {
        let front = String(text.prefix { $0 != "%" })
        return isOpenImage(front) || isPlain(front)
    }

    /// `new RemoteImage("x", { name: "redis:7" })`, `RemoteImage("x", name="redis:7")`.
    private mutating func named(at index: Int) {
        guard let open = ProgramCall("*").opening(tokens, after: index), let inside = unread(open, of: "call") else {
            return
        }
        for index in inside where tokens[index].name?.lowercased() == "name" {
            var start = index + 1
            guard isAssigned(&start) else { continue }
            for choice in values.choices(at: start) { add(choice.value, isCertain: true) }
        }
    }

    /// Groovy's `image 'x'`.
    private mutating func word(at index: Int) {
        guard tokens.indices.contains(index + 1), !tokens[index + 1].beginsLine else { return }
        if index > 0, tokens[index - 1].isMark(".") { return }
        guard tokens[index + 1].text != nil || tokens[index + 1].name != nil && takesName(index) else { return }
        for choice in values.choices(at: index + 1) { add(registries.within(index, choice.value), isCertain: true) }
    }

    /// Whether a variable after a word is an image: `image x`, and `agent { docker x }`.
    private func takesName(_ index: Int) -> Bool {
        tokens[index].name == "image" || index > 1 && tokens[index - 1].isMark("{") && tokens[index - 2].name == "agent"
    }

    // MARK: - Texts

    private mutating func script(_ name: String, at index: Int) {
        var start = index + 1
        while tokens.indices.contains(start), "(:=".unicodeScalars.contains(where: tokens[start].isMark) { start += 1 }
        if rules.hasArgumentLists, start < tokens.count, tokens[start].isMark("[") { return command(at: start) }
        while tokens.indices.contains(start), tokens[start].isMark("[") { start += 1 }
        guard start < tokens.count, let text = tokens[start].text else { return }
        let program = rules.otherShells[name] ?? (name == "script" ? otherShell(around: index) : nil)
        shell.read(SourceText(program.map { $0.asShell(text.written) } ?? text.written))
    }

    /// A command as a list of its words: `local(["docker", "pull", "x"])` (docs.tilt.dev, "local"). An element that is
    /// not a text becomes a variable without a value.
    private mutating func command(at open: Int) {
        var words: [TracedText] = []
        var start = open + 1
        while tokens.indices.contains(start), words.count < Self.wordLimit, !tokens[start].isMark("]") {
            switch values.value(at: start) {
            case .text(let text, _): words.append(text)
            case .open(let name, let written, _): words.append(Self.variable(name, written))
            case .other:
                let path = values.openCall(at: start) ?? ""
                words.append(Self.variable(path, TracedText(path.utf8, origin: tokens[start].start)))
            }
            start = next(after: start)
        }
        shell.read(SourceText(TracedText(command: words)))
    }

    /// The most words of one command.
    private static let wordLimit = 1024

    /// `${name}` in the place of the name. Marks in the name become `_`, because a shell's names have no dots.
    private static func variable(_ name: String, _ written: TracedText) -> TracedText {
        let bytes = name.utf8.map { ProgramLexer.isNameByte($0) ? $0 : UInt8(ascii: "_") }
        guard !bytes.isEmpty, let place = written.contiguousRange else { return TracedText(untraced: "$_") }
        var text = TracedText(untraced: "${")
        text.append(TracedText(bytes.prefix(place.count), origin: place.lowerBound))
        text.append(TracedText(untraced: "}"))
        return text
    }

    /// The shell of a step that gets its text as a named argument: `bat(returnStdout: true, script: '…')`.
    private func otherShell(around index: Int) -> OtherShell? {
        let before = tokens[..<index].suffix(Self.stepLimit).reversed()
        let step = before.prefix { !$0.isMark("{") && !$0.isMark("}") }.lazy.compactMap(\.name).first {
            rules.scripts.contains($0) || rules.otherShells[$0] != nil
        }
        return step.flatMap { rules.otherShells[$0] }
    }

    /// The most tokens from a step's name to its text.
    private static let stepLimit = 24

    /// Finds images in a text of several lines that is a manifest.
    private mutating func document(_ text: FilledText) {
        guard text.isBlock, rules.hasDocuments, text.written.bytes.contains(10) else { return }
        let plain = EmbeddedDocument.withoutSubstitutions(text.written)
        embedded += EmbeddedDocument.findings(in: plain, of: file, .manifests, kind: found.kind)
    }

    // MARK: - Bazel

    /// Reads a rule whose arguments are the fields of one image.
    private mutating func pull(at index: Int) {
        guard tokens.indices.contains(index + 1), tokens[index + 1].isMark("(") else { return }
        var fields: [String: TracedText] = [:]
        for index in tokens.direct(in: index + 1) where tokens[index].isMark("=") {
            guard let name = tokens[index - 1].name, case .text(let text, _) = values.value(at: index + 1) else {
                continue
            }
            fields[name] = text
        }
        if let finding = PulledFields(fields).finding(found.kind) { found.append(finding) }
    }

    // MARK: - Images

    private mutating func findSettings() {
        for (name, text) in values.settings where !products.contains(text.string) && Self.isPlain(text.string) {
            if ImageText.reference(of: text.string, namedBy: name) != nil { found.add(text) }
        }
    }

    private mutating func add(_ value: ProgramValues.Value, isCertain: Bool) {
        switch value {
        case .text(let text, let written):
            guard !products.contains(text.string), isCertain || Self.isPlain(text.string) else { return }
            let prefix = rules.prefixes.first { text.bytes.starts(with: $0.utf8) }
            let image = text[(prefix?.utf8.count ?? 0)..<text.count]
            found.add(image, written: image.contiguousRange == nil ? written : image)
        case .open(let name, let written, let parts):
            if isCertain || isOpenImage(written.string) { found.add(open: name, written: written, parts: parts) }
        case .other: return
        }
    }

    /// Whether a path leads to an image in an object of this file, where it is found: `$._images.server`.
    private func isListed(_ path: String) -> Bool {
        let names = path.split(separator: ".").map(String.init)
        return names.dropLast().contains { rules.listKeys.contains($0) } && names.last.map(listed.contains) == true
    }

    /// Whether a text is an image of which a part is not known, judged by the parts that are known.
    private func isOpenImage(_ text: String) -> Bool {
        if Self.isOpenImage(text) { return true }
        guard text.hasPrefix("${"), let end = text.firstIndex(of: "}") else {
            // `"%s/app:%s"`.
            return text.hasPrefix("%s/") && Self.isPlain("q.io" + text.dropFirst(2).prefix { $0 != "%" } + "x")
        }
        let (name, rest) = (String(text[..<end].dropFirst(2)), text[text.index(after: end)...])
        guard case .text(let known, _) = values.value(of: name, written: TracedText()) else {
            return rest.hasPrefix("/") && Self.isOpenImage("q.io" + rest)
        }
        return Self.isOpenImage(known.string + rest)
    }

    /// Whether a text begins with a name and a colon, or with a host and a slash, and something is filled in after
    /// them.
    private static func isOpenImage(_ text: String) -> Bool {
        // `"postgres:v" + version`: the text ends where something is appended.
        let end = OpenTag.front(ofBegun: text[...]) != nil ? text.endIndex : nil
        guard let mark = text.firstIndex(where: { "{$%".contains($0) }) ?? end else { return false }
        let front = text[..<mark]
        guard !text.contains("://") else { return false }
        if let name = OpenTag.front(ofBegun: front) { return name.count > 2 }
        return front.count > 1 && front.contains("/") && ImageName.reference(String(front) + "x") != nil
    }

    /// If the place does not show that a text is an image, the text itself has to: with a tag, a digest or a host.
    private static func isPlain(_ text: String) -> Bool {
        guard ImageText.reference(ofSetting: text) != nil else { return false }
        let bounds = ReferenceBounds(Array(text.utf8))
        return bounds.hasVersion || text.prefix { $0 != "/" }.contains(".")
    }
}
