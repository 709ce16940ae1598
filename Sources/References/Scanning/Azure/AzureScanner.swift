// SPDX-License-Identifier: Apache-2.0

/// Finds the images in Azure's resource templates in JSON, in their parameters, and in resources in YAML.
///
/// Sources: learn.microsoft.com, "Understand the structure and syntax of ARM templates", "YAML reference: Azure
/// Container Instances" and "Azure Container Apps ARM and YAML template specifications".
struct AzureScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private var visited: Set<Index> = []
    private(set) var findings: [Finding] = []
    private var places: Set<Range<Int>> = []

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    /// Keys of sites. Their value is an image if it begins with `DOCKER|`. Bicep has these keys, too.
    static let siteKeys: Set<String> = ["linuxFxVersion", "windowsFxVersion"]
    /// Each document in which this scanner finds an image contains one of these words or the word "image".
    static let words = siteKeys.sorted()

    mutating func scan() {
        visit(view.root, depth: 0)
        parameters(in: view.root)
    }

    /// Reads the parameters of a template, or what a template gives to those of another one.
    private mutating func parameters(in holder: Index) {
        guard let parameters = document.value("parameters", in: holder) else { return }
        for (key, parameter) in document.entries(parameters) {
            guard let name = document.string(key) else { continue }
            for value in ["defaultValue", "value"].compactMap({ document.value($0, in: parameter) }) {
                if ImageText.isImageName(name) { add(setting: value) }
                for item in document.items(value) where Self.lists.contains(name) || holdsImage(item) {
                    container(item)
                }
            }
        }
    }

    /// Whether the image in an item of a list with any name looks like one.
    private func holdsImage(_ item: Index) -> Bool {
        document.value("image", in: item).flatMap(document.string).map(ImageText.isListed) ?? false
    }

    private static let lists: Set<String> = ["containers", "initContainers"]

    /// Whether a resource is another template with its parameters, as each module of Bicep becomes (learn.microsoft.com,
    /// "Using linked and nested templates").
    private func isDeployment(_ resource: Index) -> Bool {
        document.value("type", in: resource).map { document.isText($0, "Microsoft.Resources/deployments") } ?? false
    }

    private mutating func visit(_ index: Index, depth: Int) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, visited.insert(target).inserted else { return }
        for item in document.items(target) { visit(item, depth: depth + 1) }
        if isDeployment(target), let properties = document.value("properties", in: target) {
            parameters(in: properties)
        }
        for (key, value) in document.entries(target) {
            switch document.string(key) {
            case let name? where Self.lists.contains(name): for item in document.items(value) { container(item) }
            case let name? where Self.siteKeys.contains(name): add(value, prefix: "DOCKER|")
            default: break
            }
            visit(value, depth: depth + 1)
        }
    }

    private mutating func container(_ item: Index) {
        let image = document.value("image", in: item) ?? document.value(at: ["properties", "image"], in: item)
        if let image { add(image) }
    }

    private mutating func add(setting value: Index?) {
        guard let value, let text = document.string(value), ImageText.reference(ofSetting: text) != nil else { return }
        append(view.finding(.azureResources, at: value))
    }

    private mutating func add(_ value: Index, prefix: String = "") {
        guard document.kind(value) == .scalar, let text = document.string(value) else { return }
        guard !text.hasPrefix("[") || text.hasPrefix("[[") else { return computed(text, value) }
        guard text.hasPrefix(prefix) else { return }
        append(view.finding(.azureResources, at: value, prefix: prefix))
    }

    /// Adds the image of an expression in brackets: the default of the parameter, or the value of the variable, that
    /// the expression is. Otherwise the image is open.
    private mutating func computed(_ expression: String, _ value: Index) {
        let name = Self.name(in: expression)
        if let name, let known = self.value(of: name, in: expression) {
            return append(view.finding(.azureResources, at: known))
        }
        let place = view.place(of: value)
        append(
            Finding(
                kind: .azureResources, range: place, text: view.fileText(place),
                meaning: .unresolved(name ?? expression), parts: []))
    }

    /// The first parameter or variable that an expression names.
    private static func name(in expression: String) -> String? {
        for function in ["parameters('", "variables('"] {
            guard let start = expression.place(of: function) else { continue }
            return String(expression[start.upperBound...].prefix { $0 != "'" })
        }
        return nil
    }

    private func value(of name: String, in expression: String) -> Index? {
        let found: Index? =
            switch expression {
            case "[parameters('\(name)')]": document.value(at: ["parameters", name, "defaultValue"], in: view.root)
            case "[variables('\(name)')]": document.value(at: ["variables", name], in: view.root)
            default: nil
            }
        return found.flatMap { document.string($0).flatMap(ImageName.reference) == nil ? nil : $0 }
    }

    private mutating func append(_ finding: Finding?) {
        guard let finding, places.insert(finding.range).inserted else { return }
        findings.append(finding)
    }
}
