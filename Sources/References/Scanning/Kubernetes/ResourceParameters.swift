// SPDX-License-Identifier: Apache-2.0

/// The values that Tekton, Argo and OpenShift fill in for parameters: what a step inside the resource gives, otherwise
/// the defaults. A run of the resource may give other values; these are found where they are written.
struct ResourceParameters {
    private enum Language { case tekton, argo, template }

    private var language: Language?
    private(set) var placeholders = Placeholders("$(", ")")
    /// The names of parameters to which a caller around the current mapping gives values.
    private var given: Set<String> = []
    /// For Argo: the values that calls give, by the name of the called template.
    private var calls: [String: Choices] = [:]
    private var choices = Choices()
    /// Whether workflows of other files may call the resource's templates.
    private var mayBeCalled = false

    var isUsed: Bool { language != nil }
    /// Whether names are between two braces, as in a template action.
    var haveBraces: Bool { language == .argo }

    init() {}

    init(group: String, resource: YAMLDocument.Index, in view: YAMLView) {
        if group.hasSuffix("tekton.dev") {
            language = .tekton
        } else if group == "argoproj.io" {
            language = .argo
            placeholders = Placeholders("{{", "}}")
            readWorkflow(resource, view)
        } else if let kind = view.document.value("kind", in: resource), view.document.isText(kind, "Template"),
            view.document.value("objects", in: resource) != nil
        {
            language = .template
            placeholders = Placeholders("${", "}")
            readTemplate(resource, view)
        }
    }

    /// Reads the parameters of an OpenShift template. They keep these values unless the user gives others
    /// (docs.openshift.com, "Using templates").
    private mutating func readTemplate(_ resource: YAMLDocument.Index, _ view: YAMLView) {
        for (name, text) in values(view.document.value("parameters", in: resource), view) {
            placeholders.values[name] = text
        }
    }

    /// All possible values of a text; nil if the text has no placeholder.
    func fill(_ text: TracedText) -> [Variables.Filled]? {
        guard placeholders.areIn(text) else { return nil }
        return choices.fillings(of: text) { text, row in
            var placeholders = placeholders
            placeholders.values.merge(row) { $1 }
            return placeholders.fill(text)
        }
    }

    /// The combinations of values that the parameters can have at the same time.
    var turns: [[String: TracedText]] {
        guard isUsed, !placeholders.values.isEmpty || !choices.rows.isEmpty else { return [] }
        return choices.rows.isEmpty
            ? [placeholders.values] : choices.rows.map { placeholders.values.merging($0) { $1 } }
    }

    /// Reads the parameters of a mapping, which apply to the nodes below it.
    mutating func enter(_ mapping: YAMLDocument.Index, in view: YAMLView) {
        switch language {
        case .tekton: enterTekton(mapping, view)
        case .argo: enterArgo(mapping, view)
        case .template, nil: return
        }
    }

    // MARK: - Tekton

    /// Reads `params`, which either gives values or declares names with defaults (tekton.dev, "Using variable
    /// substitution").
    private mutating func enterTekton(_ mapping: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        let lists = [
            document.value("params", in: mapping), document.value(at: ["inputs", "params"], in: mapping),
        ]
        for item in lists.compactMap(\.self).flatMap(document.items) {
            guard let name = document.value("name", in: item).flatMap(document.string) else { continue }
            if let value = document.value("value", in: item) {
                set(name, value, view)
                given.insert(name)
            } else if !given.contains(name) {
                set(name, document.value("default", in: item), view)
            }
        }
        readMatrix(of: mapping, view)
    }

    /// Reads the lists of which a task of a pipeline runs with each combination (tekton.dev, "Matrix").
    private mutating func readMatrix(of mapping: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        let axes = document.values(at: ["matrix", "params"], in: mapping).compactMap { item in
            document.value("name", in: item).flatMap(document.string).map { name in
                let list = document.value("value", in: item).map { Self.texts(of: $0, named: name, view) } ?? []
                let filled = list.map { placeholders.fill($0.text) }.filter { $0.missing == nil }
                return (name: name, values: filled.map { text in Self.row(name, text.text) })
            }
        }
        given.formUnion(axes.map(\.name))
        choices.add(combinationsOf: axes)
    }

    /// The spellings of a parameter, with its value.
    private static func row(_ name: String, _ value: TracedText) -> [String: TracedText] {
        prefixes.reduce(into: [:]) { $0[$1 + name] = value }
    }

    private static let prefixes = ["params.", "inputs.params.", "tt.params."]

    /// Sets a parameter: a text, a list (`$(params.x[0])`) or an object (`$(params.x.key)`).
    private mutating func set(_ name: String, _ value: YAMLDocument.Index?, _ view: YAMLView) {
        set(name, value.flatMap { view.text($0) })
        for part in value.map({ Self.texts(of: $0, named: name, view) }) ?? [] { set(part.name, part.text) }
    }

    /// The texts in a list or a mapping. Those behind an alias are left out: any number of aliases may mean the same.
    private static func texts(
        of value: YAMLDocument.Index, named name: String, _ view: YAMLView
    ) -> [(name: String, text: TracedText)] {
        let document = view.document
        switch document[value].kind {
        case .sequence:
            return document.items(value).enumerated().compactMap { place, item in
                view.written(item).map { ("\(name)[\(place)]", $0) }
            }
        case .mapping:
            return document.entries(value).compactMap { key, value in
                guard let key = document.string(key), let text = view.written(value) else { return nil }
                return (name + "." + key, text)
            }
        default: return []
        }
    }

    private mutating func set(_ name: String, _ text: TracedText?) {
        let filled = text.map { placeholders.fill($0) }
        let value = filled?.missing == nil ? filled?.text : nil
        for prefix in Self.prefixes { placeholders.values[prefix + name] = value }
    }

    /// The name of the parameter, if the text is one placeholder and nothing else: `$(params.x)`, `$(inputs.params.x)`,
    /// `$(params["x"])`.
    static func parameter(_ text: String) -> String? {
        guard let path = Placeholders("$(", ")").name(alone: text) else { return nil }
        let name = path.hasPrefix("inputs.") ? path.dropFirst("inputs.".count) : path[...]
        return name.hasPrefix("params.") ? String(name.dropFirst("params.".count)) : nil
    }

    // MARK: - Argo

    /// Reads the workflow's own arguments, and the values that its steps give to its templates.
    private mutating func readWorkflow(_ resource: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        for path in [["spec"], ["spec", "workflowSpec"], ["spec", "workflowMetadata"]] {
            guard let spec = document.value(at: path, in: resource) else { continue }
            for (name, text) in values(document.value(at: ["arguments", "parameters"], in: spec), view) {
                placeholders.values["workflow.parameters." + name] = text
            }
        }
        mayBeCalled = document.value("kind", in: resource).flatMap(document.string)?.hasSuffix("Template") == true
        for call in Self.mappings(below: resource, in: document) {
            guard let template = document.value("template", in: call).flatMap(document.string) else { continue }
            for row in rows(of: call, view) { calls[template, default: Choices()].add(row) }
        }
    }

    private static func mappings(below index: YAMLDocument.Index, in document: YAMLDocument) -> [YAMLDocument.Index] {
        var (found, stack): ([YAMLDocument.Index], [YAMLDocument.Index]) = ([], [index])
        while let node = stack.popLast() {
            // What an alias means is found where it stands.
            if document[node].kind == .alias { continue }
            if document[node].kind == .mapping { found.append(node) }
            stack += (document.items(node) + document.entries(node).map(\.value)).reversed()
        }
        return found
    }

    /// The values that a call gives: one row for each literal item of its loop (argo-workflows.readthedocs.io, "Loops").
    private mutating func rows(of call: YAMLDocument.Index, _ view: YAMLView) -> [[String: TracedText]] {
        let list = view.document.value(at: ["arguments", "parameters"], in: call)
        func row() -> [String: TracedText] {
            values(list, view).reduce(into: [:]) { $0["inputs.parameters." + $1.name] = $1.text }
        }
        // Any number of aliases may mean the same list.
        let items = view.document.value("withItems", in: call)
        let loop = items.flatMap { view.document[$0].kind == .alias ? nil : view.document.items($0) } ?? []
        guard !loop.isEmpty else { return [row()] }
        return loop.prefix(Choices.limit).map { item in
            let own = view.written(item).map { [("item", $0)] } ?? Self.texts(of: item, named: "item", view)
            defer { for (name, _) in own { placeholders.values[name] = nil } }
            for (name, text) in own { placeholders.values[name] = text }
            return row()
        }
    }

    /// Reads the inputs of a template. Their own values count in calls that give none, and those of a template that other
    /// files may call (argo-workflows.readthedocs.io, "Workflow Templates").
    private mutating func enterArgo(_ mapping: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        guard let inputs = document.value(at: ["inputs", "parameters"], in: mapping) else { return }
        let own = values(inputs, view)
        for (name, text) in own { placeholders.values["inputs.parameters." + name] = text }
        guard let name = document.value("name", in: mapping).flatMap(document.string), var calls = calls[name] else {
            return
        }
        if own.isEmpty { calls.remove(where: \.isEmpty) } else if mayBeCalled { calls.add([:]) }
        choices = calls
    }

    /// The names in a list with their values: `value`, otherwise `default`. A value that depends on an unknown value is
    /// left out.
    private func values(_ list: YAMLDocument.Index?, _ view: YAMLView) -> [(name: String, text: TracedText)] {
        let document = view.document
        return (list.map(document.items) ?? []).compactMap { item in
            guard let name = document.value("name", in: item).flatMap(document.string),
                let value = document.value("value", in: item) ?? document.value("default", in: item),
                let filled = view.written(value).map({ placeholders.fill($0) }), filled.missing == nil
            else { return nil }
            return (name, filled.text)
        }
    }
}
