// SPDX-License-Identifier: Apache-2.0

/// The containers of a resource into which OpenShift puts images of its streams (docs.openshift.com, "Triggering updates
/// on image stream changes"). Whatever their own images say is replaced.
struct ImageTriggers {
    typealias Index = YAMLDocument.Index

    /// The containers of one list that triggers select.
    private struct Selection {
        var names: Set<String> = []
        var places: Set<Int> = []
    }

    /// By the path of a container list.
    private var selections: [String: Selection] = [:]

    /// The containers whose images are replaced.
    static func containers(of resource: Index, in view: YAMLView) -> Set<Index> {
        var triggers = ImageTriggers()
        triggers.readChanges(of: resource, in: view.document)
        triggers.readAnnotation(of: resource, in: view)
        return triggers.selections.isEmpty ? [] : triggers.selected(of: resource, in: view.document)
    }

    private static let lists: [[String]] = [[], ["template", "spec"], ["jobTemplate", "spec", "template", "spec"]]
        .flatMap { pod in ["containers", "initContainers"].map { ["spec"] + pod + [$0] } }

    /// Reads the triggers of a DeploymentConfig.
    private mutating func readChanges(of resource: Index, in document: YAMLDocument) {
        guard let kind = document.value("kind", in: resource), document.isText(kind, "DeploymentConfig") else { return }
        let path = ["spec", "triggers", "imageChangeParams", "containerNames"]
        let names = Set(document.values(at: path[...], in: resource).compactMap(document.string))
        guard !names.isEmpty else { return }
        for list in ["containers", "initContainers"] {
            selections["spec.template.spec." + list] = Selection(names: names)
        }
    }

    /// Reads the triggers that any resource may have in an annotation.
    private mutating func readAnnotation(of resource: Index, in view: YAMLView) {
        let path = ["metadata", "annotations", "image.openshift.io/triggers"]
        guard let annotation = view.document.value(at: path, in: resource) else { return }
        view.documents(in: annotation) { inner in
            for trigger in inner.document.items(inner.root) {
                let isPaused = inner.document.value("paused", in: trigger).map { inner.document.isText($0, "true") }
                guard isPaused != true, let field = inner.document.value("fieldPath", in: trigger) else { continue }
                inner.document.string(field).map { select($0) }
            }
        }
    }

    /// Reads `spec.template.spec.containers[?(@.name=="a")].image`, or a number between the brackets.
    private mutating func select(_ field: String) {
        guard field.hasSuffix("].image"), let bracket = field.firstIndex(of: "[") else { return }
        let list = String(field[..<bracket])
        let selector = field[bracket...].dropFirst().dropLast("].image".count)
        let quoted = selector.split(omittingEmptySubsequences: false) { $0 == "\"" || $0 == "'" }
        if let place = Int(selector) {
            selections[list, default: Selection()].places.insert(place)
        } else if quoted.count == 3 {
            selections[list, default: Selection()].names.insert(String(quoted[1]))
        }
    }

    private func selected(of resource: Index, in document: YAMLDocument) -> Set<Index> {
        var found: Set<Index> = []
        for path in Self.lists {
            guard let selection = selections[path.joined(separator: ".")],
                let list = document.value(at: path, in: resource)
            else { continue }
            for (place, item) in document.items(list).enumerated() {
                let name = document.value("name", in: item).flatMap(document.string)
                let isNamed = name.map(selection.names.contains) ?? false
                if isNamed || selection.places.contains(place) { found.insert(document.resolved(item)) }
            }
        }
        return found
    }
}

/// OpenShift's image streams, which give names in the cluster to images.
extension KubernetesScanner {
    /// Notes the names that pods beside a stream use as if they were images. What the names stand for is in the stream
    /// (docs.openshift.com, "Using image streams with Kubernetes resources").
    mutating func imageStream(_ resource: Index) {
        guard identity?.kind == "ImageStream",
            let isLocal = document.value(at: ["spec", "lookupPolicy", "local"], in: resource),
            document.isText(isLocal, "true"),
            let name = document.value(at: ["metadata", "name"], in: resource).flatMap({ view.text($0) })
        else { return }
        let filled = (parameters.fill(name)?.first?.text ?? name).string
        let tags = document.values(at: ["spec", "tags", "name"], in: resource).compactMap(document.string)
        let names = tags.isEmpty ? [filled] : tags.map { filled + ":" + $0 }
        built.products += names.map { BuildProduct($0, users: .resources, levelsUp: 1) }
    }
}
