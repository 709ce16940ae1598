// SPDX-License-Identifier: Apache-2.0

import OCI

/// The chart of a template, as far as it decides the images in the template's texts.
struct Chart {
    /// The path from the template's folder to the chart's folder, with a slash at its end.
    let folder: String
    private let fields: [String: String]
    private let annotations: [String: String]
    private let values: [UInt8]
    private let definitions: [String: String]
    private let memory: ChartMemory
    private let parents: [ParentValues]
    /// The values that parent charts override, and the file of the outermost parent that does, which has precedence.
    private let overridden: [[String]: String]

    /// The levels of folders, from the template's folder up, at which the chart's folder is looked for.
    private static let levels = 1...5

    /// - Returns: nil if the file is not a template of a chart.
    init?(around template: NearbyFiles, _ memory: ChartMemory) {
        self.memory = memory
        guard
            let (level, file) = Self.levels.lazy.compactMap({ level in
                template.read(String(repeating: "../", count: level) + "Chart.yaml").map { (level, $0) }
            }).first
        else { return nil }
        folder = String(repeating: "../", count: level)
        (fields, annotations) =
            YAMLView.first(of: file) { (Self.fields(in: $0), Self.annotations(in: $0)) } ?? ([:], [:])
        values = template.read(folder + "values.yaml") ?? []
        parents = ParentValues.all(above: fields["name"], around: template, from: folder, memory)
        overridden = Dictionary(parents.flatMap { parent in parent.said.map { ($0, parent.file) } }) { $1 }
        let helpers = (0..<level).flatMap { level -> [[UInt8]] in
            let folder = String(repeating: "../", count: level)
            return template.names(folder).filter { $0.hasPrefix("_") || $0.hasSuffix(".tpl") }
                .compactMap { template.read(folder + $0) }
        }
        definitions = helpers.reduce([:]) { all, helper in
            let own = memory.definitions.value(of: helper) { Self.definitions(in: helper) }
            return all.isEmpty ? own : all.merging(own) { $1 }
        }
    }

    static func fields(_ bytes: [UInt8]) -> [String: String] { YAMLView.first(of: bytes, fields(in:)) ?? [:] }

    private static func fields(in view: YAMLView) -> [String: String] {
        ["name", "version", "appVersion"].reduce(into: [:]) { fields, key in
            fields[key.lowercased()] = view.document.value(key, in: view.root).flatMap(view.document.string)
        }
    }

    private static func annotations(in view: YAMLView) -> [String: String] {
        guard let annotations = view.document.value("annotations", in: view.root) else { return [:] }
        return view.document.entries(annotations).reduce(into: [:]) { texts, entry in
            guard let key = view.document.string(entry.key) else { return }
            texts[key] = view.document.string(entry.value)
        }
    }

    /// The texts between each `define "name"` and its `end`, by name.
    static func definitions(in bytes: [UInt8]) -> [String: String] {
        var found: [String: String] = [:]
        var name: String?
        var body = ""
        var level = 0
        var start = 0
        let text = String(decoding: bytes, as: UTF8.self)
        for place in ChartTokens.actions(in: text) {
            let words = ChartTokens.words(text[bytes: place]).filter { $0 != "-" }
            let keyword = words.first.map { $0.hasPrefix("-") ? $0.dropFirst() : $0 } ?? ""
            if ["if", "with", "range", "define", "block"].contains(keyword) { level += 1 }
            if keyword == "end" { level -= 1 }
            if name != nil { body += text[bytes: start..<place.lowerBound - 2] }
            if let ended = name, level == 0 {
                found[ended] = body
                name = nil
            } else if keyword == "define", level == 1, words.count > 1 {
                name = words[1].filter { $0 != "\"" }
                body = ""
            } else if name != nil {
                body += text[bytes: place.lowerBound - 2..<place.upperBound + 2]
            }
            start = place.upperBound + 2
        }
        return found
    }

    // MARK: - Texts of templates

    /// The outcome of a text in a template.
    enum Outcome {
        /// The values at these paths decide the text, and are recognized as an image without the template.
        case found([[String]])
        /// The values at these paths decide the text only by their shape, because the template could not be read.
        case held([[String]], by: Unread)
        /// The values decide the text, and only the template shows that they are an image.
        case used(ChartRecipe)
        /// The name is in the template, and the values decide the rest.
        case named(Reference)
        /// Something else decides the text, perhaps together with the values at these paths. `by` is the template, if
        /// it could not be read and may put something before the values.
        case open([[String]], by: Unread?)
    }

    /// The text of a template that could not be read and may put something before values.
    struct Unread {
        let text: String
        /// The last keys of values that the template gets from its includer under names of its own.
        let ends: [[String]]
        /// The values in the text, if one of them is in front of a name. It must not move without the others.
        var values: [[String]] = []
    }

    /// The outcomes of several places in a template, each with those of the branches that the values do not select.
    private func outcomes(
        of places: [(offset: Int, text: String)], in template: [UInt8]
    ) -> [(taken: Outcome, passed: [Outcome])] {
        values.withUnsafeBufferPointer { buffer in
            let read = memory.values.value(of: values) { Self.read(buffer) }
            let document = read.nodes.document(of: buffer)
            guard document.root >= 0 else { return places.map { _ in (.open([], by: nil), []) } }
            let view = YAMLView(document: document, file: buffer)
            // Text after the last place does not affect what is before it.
            let text = String(decoding: template[..<(places.last?.offset ?? 0)], as: UTF8.self)
            var contexts = ChartContexts(text, renderer(view))
            return places.map { place in
                // A branch that is not taken makes no image.
                guard let renderer = contexts.renderer(at: place.offset) else { return (.found([]), []) }
                if isNothing(place.text, behind: contexts.questions, by: renderer, in: view) { return (.found([]), []) }
                return outcomes(of: place.text, within: contexts.loops, by: renderer, in: view, found: read.findings)
            }
        }
    }

    /// The first document of the values; empty values if that is not YAML.
    private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> ChartValues {
        var stream = YAMLStream(bytes)
        var document = YAMLDocument(bytes)
        guard let range = stream.next(), (try? document.parse(range)) != nil, document.root >= 0 else {
            return ChartValues()
        }
        var scanner = HelmValuesScanner(view: YAMLView(document: document, file: bytes), root: document.root)
        scanner.isOfKnownChart = true
        scanner.scan()
        return ChartValues(nodes: document.parsed, findings: scanner.findings)
    }

    private func renderer(_ view: YAMLView) -> ChartRenderer {
        ChartRenderer(
            value: { path in
                guard let index = view.document.value(at: path, in: view.root) else { return .missing }
                switch view.document.kind(index) {
                case .scalar where view.document.isNull(index): return .missing
                case .scalar:
                    let text = Self.text(of: index, view)?.string ?? ""
                    return .scalar(text, isQuoted: view.style(index) != .bare)
                case .mapping: return .collection(isEmpty: view.document.entries(index).isEmpty, kind: "map")
                default: return .collection(isEmpty: view.document.items(index).isEmpty, kind: "slice")
                }
            }, chart: fields, annotations: annotations, definitions: definitions)
    }

    private func outcomes(
        of text: String, within loops: String, by renderer: ChartRenderer, in view: YAMLView, found findings: [Finding]
    ) -> (Outcome, [Outcome]) {
        renderer.passed.removeAll()
        let rendered = try? renderer.render(text)
        let passed = (texts: rendered == nil ? renderer.passed.texts : [], recipes: renderer.passed.recipes)
        let others = passed.recipes.compactMap { held(by: $0, besides: rendered, in: view, found: findings) }
        return (
            outcome(
                of: text, rendered: rendered, within: loops, by: renderer, passing: passed.texts, in: view,
                found: findings), others
        )
    }

    /// Whether a text makes no image, because a condition before it refuses a value of it that is empty:
    /// `if .Values.image.repository`.
    ///
    /// - Parameter questions: the conditions of the branches around the text.
    private func isNothing(
        _ text: String, behind questions: [ChartContexts.Question], by renderer: ChartRenderer, in view: YAMLView
    ) -> Bool {
        guard !questions.isEmpty else { return false }
        let used = Set(paths(in: text, depth: 0))
        let isTested = questions.contains { question in
            // A value that is missing may come from elsewhere.
            paths(in: question.text, depth: 0).contains { path in
                used.contains(path) && view.document.value(at: path, in: view.root) != nil
            } && question.isRefused
        }
        guard isTested, let rendered = try? renderer.render(text) else { return false }
        return rendered.trimmed.map { Self.reference($0, view) == nil } ?? true
    }

    /// What a branch that is not taken makes of values that are not used otherwise: if it puts something before an image's
    /// name, that name must stay, because users may select the branch.
    private func held(
        by recipe: ChartRecipe, besides taken: ChartRecipe?, in view: YAMLView, found findings: [Finding]
    ) -> Outcome? {
        let used = Set(taken?.paths ?? [])
        let paths = recipe.paths.filter { !used.contains($0) }
        let names = Self.places(at: paths, view)
        let isHeld = findings.contains { finding in
            names.contains(finding.range) && Self.isBehind(recipe, finding, view)
        }
        return isHeld ? .held(paths, by: Unread(text: recipe.outline, ends: [])) : nil
    }

    private func outcome(
        of text: String, rendered: ChartRecipe?, within loops: String, by renderer: ChartRenderer,
        passing passed: [String], in view: YAMLView, found findings: [Finding]
    ) -> Outcome {
        if let recipe = rendered?.trimmed, !isOverridden(recipe) {
            if let finding = Self.finding(recipe, view) {
                // A template may hand on name and tag apart.
                if findings.contains(where: { Self.isName(finding, of: $0) }) { return .found(recipe.paths) }
                let same = findings.filter { $0.saysSame(as: finding) }
                let isWhole = !same.isEmpty && !same.contains { Self.isOther(recipe, $0, view) }
                return isWhole ? .found(recipe.paths) : .used(recipe)
            }
            if let reference = Self.reference(recipe, view) { return .named(reference) }
        }
        let mentioned = paths(in: text, depth: 0)
        let named = mentioned + renderer.paths(in: text)
        let paths = named + named.flatMap { filledIn(at: $0, view) }
        let unused = unused(among: mentioned, in: passed)
        let holdsOne = holdsOne(of: findings, in: text, paths: paths.filter { !unused.contains($0) }, view)
        // If a text begins with a value, that value begins the image's name, whatever the tag is.
        if rendered.map({ !$0.beginsWithPath }) ?? Self.beginsWithName(text) {
            if let rendered, findings.contains(where: { Self.isOther(rendered, $0, view) }) {
                return .held(paths, by: Unread(text: text, ends: [], values: rendered.paths))
            }
            return holdsOne ? .found(paths) : .open(paths, by: nil)
        }
        let looped = self.paths(in: loops, depth: 0)
        let unread = Unread(text: text, ends: looped.isEmpty ? renderer.unknownKeys(in: text) : [])
        return holdsOne ? .held(paths + looped, by: unread) : .open(paths + looped, by: unread)
    }

    /// The paths of values that are mentioned only in branches that are not taken. The image that is made has nothing of
    /// them.
    private func unused(among mentioned: [[String]], in passed: [String]) -> Set<[String]> {
        guard !passed.isEmpty else { return [] }
        var counts: [[String]: Int] = [:]
        for path in passed.flatMap({ paths(in: $0, depth: 0) }) { counts[path, default: 0] += 1 }
        for path in mentioned { counts[path]? -= 1 }
        return Set(counts.filter { $0.value >= 0 }.keys)
    }

    /// Whether a text begins with a value, or with the first value that is set of several, and no slash follows:
    /// `{{ .image.repository }}:{{ … }}`.
    private static func beginsWithName(_ text: String) -> Bool {
        let tokens = ChartTokens(text).tokens
        guard tokens.count > 1, case .text(let front) = tokens[0], front.allSatisfy({ " \"'".contains($0) }),
            case .action(let action, _) = tokens[1]
        else { return false }
        let words = ChartTokens.words(action).filter { !["default", "coalesce", "|"].contains($0) }
        guard !words.isEmpty, words.allSatisfy(isField) else { return false }
        if tokens.count > 2, case .text(let next) = tokens[2] { return next.first != "/" }
        return true
    }

    /// Whether a word refers to a field and calls no function: `.a.b`, `$image.name`, `((.a).b)`.
    private static func isField(_ word: Substring) -> Bool {
        guard let first = word.first, ".$(".contains(first), word.contains(".") else { return false }
        return word.allSatisfy { $0.isLetter || $0.isNumber || "._$()".contains($0) }
    }

    private func isOverridden(_ recipe: ChartRecipe) -> Bool {
        recipe.paths.contains { path in
            overridden.keys.contains { $0.dropLast() == path.dropLast() || $0.first == "global" }
        }
    }

    /// Whether a finding is the name alone of another one, whose tag or digest is another value.
    private static func isName(_ finding: Finding, of whole: Finding) -> Bool {
        guard finding.range == whole.range, let name = finding.reference, let reference = whole.reference,
            whole.parts.contains(where: { [.tag, .digest].contains($0.field) })
        else { return false }
        let bounds = ReferenceBounds(Array(name.asTyped.utf8))
        return !bounds.hasVersion && name.repositoryName == reference.repositoryName
    }

    /// Whether a finding that was found by the shape of the values and a recipe name one image from different values.
    private static func isOther(_ recipe: ChartRecipe, _ finding: Finding, _ view: YAMLView) -> Bool {
        isWithoutRegistry(recipe, of: finding, view) || isBehind(recipe, finding, view)
    }

    /// Whether a recipe has a finding's name, and not the registry that the shape of the values gives it.
    private static func isWithoutRegistry(_ recipe: ChartRecipe, of finding: Finding, _ view: YAMLView) -> Bool {
        let places = places(at: recipe.paths, view)
        return places.contains(finding.range)
            && finding.parts.contains { part in part.field == .registry && !places.contains(part.range) }
    }

    /// Whether a recipe puts something before the name that is not a part of the finding, which was found by the shape
    /// of the values. If that finding's whole name were edited, the recipe would make another image.
    private static func isBehind(_ recipe: ChartRecipe, _ finding: Finding, _ view: YAMLView) -> Bool {
        let names: Set<ReferencePart.Field> = [.reference, .name, .repository]
        var front = ""
        for piece in recipe.pieces {
            switch piece {
            case .text(let text): front += text
            case .value(let path):
                guard let index = view.document.value(at: path, in: view.root) else { continue }
                let place = view.place(of: view.document.resolved(index))
                let part = finding.parts.first { $0.range.overlaps(place) }
                if let part, names.contains(part.field) { return front.contains { $0 != "/" } }
                if part == nil { front += text(of: index, view)?.string ?? "" }
            }
        }
        return false
    }

    private static func reference(_ recipe: ChartRecipe, _ view: YAMLView) -> Reference? {
        ImageName.reference(
            recipe.text { path in
                view.document.value(at: path, in: view.root).flatMap { text(of: $0, view) }
            }.string)
    }

    /// A scalar's text as Helm reads it. A plain number has the text of its value.
    private static func text(of index: YAMLDocument.Index, _ view: YAMLView) -> TracedText? {
        guard let text = view.text(index) else { return nil }
        return PlainNumber(view, index)?.text(text) ?? text
    }

    /// The image that a recipe makes, if its name is in the values.
    static func finding(_ recipe: ChartRecipe, _ view: YAMLView) -> Finding? {
        func index(_ path: [String]) -> YAMLDocument.Index? { view.document.value(at: path, in: view.root) }
        let whole = recipe.text { index($0).flatMap { text(of: $0, view) } }
        guard let reference = ImageName.reference(whole.string),
            let end = ReferenceBounds(whole.bytes).name?.upperBound,
            let origin = whole.origins[..<end].last(where: { $0 != TracedText.nowhere })
        else { return nil }
        let places = recipe.pieces.compactMap { piece -> Range<Int>? in
            guard case .value(let path) = piece, let index = index(path) else { return nil }
            return view.place(of: view.document.resolved(index))
        }
        guard let place = places.first(where: { $0.contains(origin) }) else { return nil }
        let registries = recipe.paths.filter { $0.last?.lowercased().hasSuffix("registry") == true }
            .compactMap { index($0) }.map { view.place(of: view.document.resolved($0)) }
        let parts = ReferencePart.parts(of: whole).map { part in
            // Charts compare a registry and use it again, so the part stays a registry.
            let isHost = part.field == .hub && registries.contains(part.range) && part.value?.contains("/") == false
            return isHost ? ReferencePart(.registry, part.range, value: part.value, style: part.style) : part
        }
        var finding = Finding(
            kind: .helmValues, range: place, text: view.fileText(place), meaning: .reference(reference), parts: parts)
        finding.addFront(of: whole)
        if recipe.beginsWithPath { finding.deciders = [Decider("\"\(recipe.front)\"", file: "a template")] }
        return finding
    }

    /// The paths of the values that a text mentions, and of those that the templates it includes mention.
    private func paths(in text: String, depth: Int) -> [[String]] {
        guard depth < 4 else { return [] }
        var paths: [[String]] = []
        var rest = text[...]
        while let start = rest.place(of: ".Values.") {
            let path = rest[start.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }
            paths.append(path.split(separator: ".").map(String.init))
            rest = rest[start.upperBound...]
        }
        for function in ["include \"", "template \""] {
            rest = text[...]
            while let start = rest.place(of: function) {
                let name = rest[start.upperBound...].prefix { $0 != "\"" }
                if let body = definitions[String(name)] { paths += self.paths(in: body, depth: depth + 1) }
                rest = rest[start.upperBound...]
            }
        }
        return paths
    }

    /// The paths of the values that a value mentions, if it is a template itself (`tpl`) and does not begin with a
    /// value.
    private func filledIn(at path: [String], _ view: YAMLView) -> [[String]] {
        guard let index = view.document.value(at: path, in: view.root), let text = view.document.string(index),
            text.contains("{{"), !Self.beginsWithName(text)
        else { return [] }
        return paths(in: text, depth: 1)
    }

    /// Whether a text mentions a scalar that is an image's name, or includes a template that makes one from an image's
    /// fields.
    private func holdsOne(
        of findings: [Finding], in text: String, paths: [[String]], _ view: YAMLView
    ) -> Bool {
        let isMadeElsewhere = text.contains("include") || text.contains("template")
        return paths.contains { path in
            guard let index = view.document.value(at: path, in: view.root),
                isMadeElsewhere || view.document.kind(index) == .scalar
            else { return false }
            let scalars = Self.scalars(of: index, in: view.document, depth: 0).map { view.place(of: $0) }
            return findings.contains { scalars.contains($0.range) }
        }
    }

    /// A scalar, or the scalars of a mapping and of the mappings in it.
    private static func scalars(
        of index: YAMLDocument.Index, in document: YAMLDocument, depth: Int
    ) -> [YAMLDocument.Index] {
        if document.kind(index) == .scalar { return [document.resolved(index)] }
        guard depth < 2 else { return [] }
        return document.entries(index).flatMap { scalars(of: $0.value, in: document, depth: depth + 1) }
    }
}

extension Chart {
    /// Finds the images in a chart's helper templates line by line, because definitions are not YAML documents.
    static func scan(helper bytes: [UInt8], in nearby: NearbyFiles, _ memory: ChartMemory) -> ScanResult {
        var result = ScanResult()
        bytes.withUnsafeBufferPointer { file in
            let isMeant = words.contains { ByteSearch.contains($0, in: file, 0..<file.count) }
            guard isMeant else { return }
            var lines = TemplateLineScanner(file: file, range: 0..<file.count, of: .chartHelper)
            result.findings = lines.findings()
        }
        guard !result.findings.isEmpty, let chart = Chart(around: nearby, memory) else { return ScanResult() }
        chart.decide(&result, of: bytes, around: nearby)
        return result
    }

    private static let words = [SearchWord("image:"), SearchWord("IMAGE")]

    /// Removes the findings of a template that the values decide.
    static func decide(
        _ result: inout ScanResult, of template: [UInt8], in nearby: NearbyFiles, _ memory: ChartMemory
    ) {
        guard result.findings.contains(where: isFilledIn) else { return }
        Chart(around: nearby, memory)?.decide(&result, of: template, around: nearby)
    }

    private static func isFilledIn(_ finding: Finding) -> Bool {
        finding.unresolved != nil && finding.text.contains("{{")
    }

    private func decide(_ result: inout ScanResult, of template: [UInt8], around nearby: NearbyFiles) {
        let open = result.findings.indices.filter { Self.isFilledIn(result.findings[$0]) }
        guard !open.isEmpty else { return }
        let places = open.map { (result.findings[$0].range.lowerBound, result.findings[$0].text) }
        let outcomes = zip(open, outcomes(of: places, in: template))
        let uses = ChartUses(outcomes.flatMap { [$0.1.taken] + $0.1.passed }, overridden: overridden)
        if !uses.isEmpty {
            result.followUps.append(FollowUp(path: folder + "values.yaml", kind: .chartValues(uses)))
            result.followUps += others(by: uses, around: nearby)
        }
        for (index, outcome) in outcomes.reversed() {
            switch outcome.taken {
            case .open: continue
            case .named(let reference): result.findings[index].meaning = .reference(reference)
            case .found, .held, .used: result.findings.remove(at: index)
            }
        }
    }

    /// The other files whose values override the chart's, with what the templates make of them: the files beside
    /// `values.yaml`, and the values of the parent charts.
    private func others(by uses: ChartUses, around template: NearbyFiles) -> [FollowUp] {
        let beside = template.names(folder).filter(OtherValues.isName).map { ($0, [[String]()]) }
        return (beside + parents.map { ($0.file, $0.prefixes) }).compactMap { file, prefixes in
            let uses = uses.ofOthers(below: prefixes)
            return uses.hasUnsure ? FollowUp(path: folder + file, kind: .chartValues(uses)) : nil
        }
    }

    /// The images that templates make from the values, besides those that the values name themselves.
    static func scan(_ bytes: [UInt8], _ uses: ChartUses, _ nearby: NearbyFiles) -> [Finding] {
        YAMLView.first(of: bytes) { view in
            let found = uses.recipes.compactMap { recipe in finding(recipe, view).map { (recipe, $0) } }
            let unsure = UnsureValues(uses, in: view)
            guard found.contains(where: { $0.1.nameEnd != nil }) else { return unsure.kept(found.map(\.1)) }
            let mentions = ValueMentions(around: nearby)
            let images = found.map { recipe, finding in
                guard finding.nameEnd != nil, let front = recipe.paths.first,
                    let other = uses.unread[front].map({ "\($0) uses it, too" })
                        ?? (mentions.areFronts(of: front) ? nil : "templates use it for something else, too")
                else { return finding }
                var kept = finding
                kept.parts.removeAll { $0.field == .hub }
                (kept.nameEnd, kept.deciders) = (nil, [Decider(front.joined(separator: "."), file: other)])
                return kept
            }
            return unsure.kept(images)
        } ?? []
    }

    /// Findings that are based only on the shape of the values, with the findings that replace them.
    static func unsure(_ findings: [Finding], in bytes: [UInt8], by uses: ChartUses) -> [Finding: Finding] {
        guard uses.hasUnsure else { return [:] }
        return YAMLView.first(of: bytes) { UnsureValues(uses, in: $0).opened(findings) } ?? [:]
    }

    /// Findings by the shape of the values that the templates contradict: each template makes another image from their
    /// names, or a template makes the same image from more values than the finding has.
    static func refuted(_ findings: [Finding], in bytes: [UInt8], by uses: ChartUses) -> [Finding] {
        YAMLView.first(of: bytes) { view in
            var (made, used): (Set<Finding.Meaning>, [Range<Int>]) = ([], [])
            var covered: Set<Finding> = []
            for recipe in uses.recipes {
                guard let finding = finding(recipe, view) else { continue }
                made.insert(finding.meaning)
                covered.formUnion(findings.filter { $0.saysSame(as: finding) && isOther(recipe, $0, view) })
                used += places(at: recipe.paths, view)
            }
            let others = places(at: Array(uses.others), view)
            return findings.filter { finding in
                if covered.contains(finding) { return true }
                guard finding.kind == .helmValues, !made.contains(finding.meaning) else { return false }
                // The recipe knows what was open.
                if finding.reference == nil { return used.contains(where: finding.range.overlaps) }
                let names = finding.parts.filter { [.reference, .name, .repository].contains($0.field) }.map(\.range)
                return names.contains { name in used.contains(where: name.overlaps) }
                    && !names.contains { name in others.contains(where: name.overlaps) }
            }
        } ?? []
    }

    /// The places of the scalars at and below the paths.
    private static func places(at paths: [[String]], _ view: YAMLView) -> [Range<Int>] {
        paths.compactMap { view.document.value(at: $0, in: view.root) }
            .flatMap { scalars(of: $0, in: view.document, depth: 0) }.map { view.place(of: $0) }
    }
}
