// SPDX-License-Identifier: Apache-2.0

/// What the chart's values make of the texts in its templates.
extension Chart {
    /// The outcomes of several places in a template, each with those of the branches that the values do not select.
    func outcomes(
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
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> ChartValues {
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

    func outcomes(
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
    func held(
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

    func outcome(
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

    private func isOverridden(_ recipe: ChartRecipe) -> Bool {
        recipe.paths.contains { path in
            overridden.keys.contains { $0.dropLast() == path.dropLast() || $0.first == "global" }
        }
    }
}
