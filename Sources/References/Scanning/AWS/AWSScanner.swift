// SPDX-License-Identifier: Apache-2.0

/// Finds the images of Amazon's task definitions and CloudFormation templates, in YAML and JSON.
///
/// Sources: docs.aws.amazon.com, "Task definition parameters" of Amazon ECS and "Resource and property types" of
/// CloudFormation.
struct AWSScanner {
    typealias Index = YAMLDocument.Index

    private let view: YAMLView
    private var visited: Set<Index> = []
    /// The images that were read and are no texts.
    private var computed: Set<Index> = []
    private(set) var findings: [Finding] = []

    init(view: YAMLView) { self.view = view }

    private var document: YAMLDocument { view.document }

    /// Each such document that has no other mark contains one of these words.
    static let words = ["ontainerDefinitions", "AWS::"]

    /// The paths of properties with an image, by resource type.
    private static let properties: [String: [[String]]] = [
        "AWS::Lambda::Function": [["Code", "ImageUri"]],
        "AWS::Serverless::Function": [["ImageUri"]],
        "AWS::Batch::JobDefinition": [["ContainerProperties", "Image"]],
        "AWS::AppRunner::Service": [["SourceConfiguration", "ImageRepository", "ImageIdentifier"]],
        "AWS::SageMaker::Model": [["PrimaryContainer", "Image"]],
    ]

    /// Whether a document is a template or a task definition, either alone or inside a response of the service.
    static func isMeant(_ document: YAMLDocument) -> Bool {
        guard document.root >= 0 else { return false }
        if document.value("containerDefinitions", in: document.root) != nil { return true }
        if document.value(at: ["taskDefinition", "containerDefinitions"], in: document.root) != nil { return true }
        guard let resources = document.value("Resources", in: document.root) else { return false }
        return document.entries(resources).contains { _, resource in
            document.value("Type", in: resource).flatMap(document.string)?.hasPrefix("AWS::") == true
        }
    }

    mutating func scan() { visit(view.root, depth: 0) }

    private mutating func visit(_ index: Index, depth: Int) {
        let target = document.resolved(index)
        guard depth < YAMLParser.depthLimit, visited.insert(target).inserted else { return }
        for item in document.items(target) { visit(item, depth: depth + 1) }
        for path in properties(of: target) { add(document.value(at: ["Properties"] + path, in: target)) }
        for (key, value) in document.entries(target) {
            switch document.string(key) {
            case "containerDefinitions": containers(value, "image")
            case "ContainerDefinitions": containers(value, "Image")
            default: visit(value, depth: depth + 1)
            }
        }
    }

    private mutating func containers(_ list: Index, _ key: String) {
        let items = document.choices(of: [list]).flatMap(document.items)
        for item in document.choices(of: items) { add(document.value(key, in: item)) }
    }

    private func properties(of resource: Index) -> [[String]] {
        let type = document.value("Type", in: resource).flatMap(document.string)
        return type.flatMap { Self.properties[$0] } ?? []
    }

    private mutating func add(_ image: Index?) {
        guard let image, document.kind(image) == .scalar || computed.insert(document.resolved(image)).inserted else {
            return
        }
        for image in document.choices(of: [image]) { add(chosen: image) }
    }

    private mutating func add(chosen image: Index) {
        switch document.kind(image) {
        case .scalar: append(view.finding(.aws, at: image))
        case .foreign: computed(view.fileRange(Int(document[image].start)..<Int(document[image].end)))
        case .mapping:
            guard let (_, value) = document.entries(image).first else { return }
            computed(view.place(of: value))
        default: return
        }
    }

    /// Adds an image that a function makes, `!Ref NAME` or `{"Fn::Sub": "…"}`: the default of the parameter that the
    /// function names. Otherwise the image is open.
    private mutating func computed(_ range: Range<Int>) {
        let text = view.fileText(range)
        let name = text.filter { $0 != "\"" && $0 != "'" }
        guard name != Self.nothing else { return }
        if let parameter = document.value(at: ["Parameters", name, "Default"], in: view.root) {
            return append(view.finding(.aws, at: parameter))
        }
        append(Finding(kind: .aws, range: range, text: text, meaning: .unresolved(Self.variable(in: name)), parts: []))
    }

    /// What a condition chooses to leave a property out.
    private static let nothing = "AWS::NoValue"

    /// A word for what decides a computed image: a variable's name, or "a function".
    private static func variable(in text: String) -> String {
        if let open = text.place(of: "${") { return String(text[open.upperBound...].prefix { $0 != "}" }) }
        return text.hasPrefix("[") ? "a function" : text
    }

    private mutating func append(_ finding: Finding?) {
        guard let finding, !findings.contains(where: { $0.range == finding.range }) else { return }
        findings.append(finding)
    }
}
