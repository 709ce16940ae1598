// SPDX-License-Identifier: Apache-2.0

/// What Tekton's, Argo's and OpenShift's resources put in place of parameters: what a step inside of the resource gives them, else their
/// defaults. A run of the resource may give other values; these are found where they are written.
struct ResourceParameters {
    private enum Language { case tekton, argo, template }

    private var language: Language?
    private(set) var placeholders = Placeholders("$(", ")")
    /// Values that a caller around the mapping at hand gives, by the parameters' names.
    private var given: Set<String> = []
    /// For Argo: what calls give to templates, by the templates' names.
    private var calls: [String: Choices] = [:]
    private var choices = Choices()

    var isUsed: Bool { language != nil }
    /// Names stand between two braces, as a template's actions do.
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

    /// OpenShift's templates: parameters have values unless somebody gives others (docs.openshift.com, "Using templates").
    private mutating func readTemplate(_ resource: YAMLDocument.Index, _ view: YAMLView) {
        for (name, text) in values(view.document.value("parameters", in: resource), view) {
            placeholders.values[name] = text
        }
    }

    /// The values of a text; nil if it has no placeholder.
    func fill(_ text: TracedText) -> [Variables.Filled]? {
        guard placeholders.areIn(text) else { return nil }
        return choices.fillings(of: text) { text, row in
            var placeholders = placeholders
            placeholders.values.merge(row) { $1 }
            return placeholders.fill(text)
        }
    }

    /// All that the parameters may be at the same time.
    var turns: [[String: TracedText]] {
        guard isUsed, !placeholders.values.isEmpty || !choices.rows.isEmpty else { return [] }
        return choices.rows.isEmpty
            ? [placeholders.values] : choices.rows.map { placeholders.values.merging($0) { $1 } }
    }

    /// Takes in what a mapping says of parameters, for what stands below it.
    mutating func enter(_ mapping: YAMLDocument.Index, in view: YAMLView) {
        switch language {
        case .tekton: enterTekton(mapping, view)
        case .argo: enterArgo(mapping, view)
        case .template, nil: return
        }
    }

    // MARK: - Tekton

    /// `params` either gives values or declares names with defaults (tekton.dev, "Using variable substitution").
    private mutating func enterTekton(_ mapping: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        let lists = [
            document.value("params", in: mapping), document.value(at: ["inputs", "params"], in: mapping),
        ]
        for item in lists.compactMap(\.self).flatMap(document.items) {
            guard let name = document.value("name", in: item).flatMap(document.string) else { continue }
            if let value = document.value("value", in: item) {
                set(name, view.text(value).map { placeholders.fill($0) }, isGiven: true)
            } else if !given.contains(name) {
                set(name, document.value("default", in: item).flatMap { view.text($0) }.map { placeholders.fill($0) })
            }
        }
    }

    /// The name of the parameter that a text is and nothing else: `$(params.x)`, `$(inputs.params.x)`, `$(params["x"])`.
    static func parameter(_ text: String) -> String? {
        guard let path = Placeholders("$(", ")").name(alone: text) else { return nil }
        let name = path.hasPrefix("inputs.") ? path.dropFirst("inputs.".count) : path[...]
        return name.hasPrefix("params.") ? String(name.dropFirst("params.".count)) : nil
    }

    private mutating func set(_ name: String, _ filled: Variables.Filled?, isGiven: Bool = false) {
        let value = filled?.missing == nil ? filled?.text : nil
        for prefix in ["params.", "inputs.params.", "tt.params."] { placeholders.values[prefix + name] = value }
        if isGiven { given.insert(name) }
    }

    // MARK: - Argo

    /// The workflow's own arguments, and what its steps give to its templates.
    private mutating func readWorkflow(_ resource: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        for path in [["spec"], ["spec", "workflowSpec"], ["spec", "workflowMetadata"]] {
            guard let spec = document.value(at: path, in: resource) else { continue }
            for (name, text) in values(document.value(at: ["arguments", "parameters"], in: spec), view) {
                placeholders.values["workflow.parameters." + name] = text
            }
        }
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            let call = YAMLDocument.Index(node)
            guard let template = document.value("template", in: call).flatMap(document.string) else { continue }
            let given = values(document.value(at: ["arguments", "parameters"], in: call), view)
            if !given.isEmpty {
                let row = given.map { ("inputs.parameters." + $0.name, $0.text) }
                calls[template, default: Choices()].add(Dictionary(row) { $1 })
            }
        }
    }

    private mutating func enterArgo(_ mapping: YAMLDocument.Index, _ view: YAMLView) {
        let document = view.document
        guard let inputs = document.value(at: ["inputs", "parameters"], in: mapping) else { return }
        for (name, text) in values(inputs, view) { placeholders.values["inputs.parameters." + name] = text }
        if let name = document.value("name", in: mapping).flatMap(document.string), let calls = calls[name] {
            choices = calls
        }
    }

    /// Names with what they are without more being said: `value`, else `default`. What is made of what is open is open.
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
