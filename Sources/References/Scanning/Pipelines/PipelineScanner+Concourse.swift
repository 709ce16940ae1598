// SPDX-License-Identifier: Apache-2.0

import OCI

/// Concourse's pipelines and tasks (concourse-ci.org, "Pipelines" and "Tasks";
/// github.com/concourse/registry-image-resource).
extension PipelineScanner {
    private static let types = ["registry-image", "docker-image"]

    /// Recognizes a Concourse document by its content.
    static func isConcourse(_ document: YAMLDocument) -> Bool {
        guard document.root >= 0 else { return false }
        if document.value("image_resource", in: document.root) != nil { return true }
        return ["resources", "resource_types"].contains { key in
            document.value(key, in: document.root).map(document.items)?.contains { item in
                document.value("source", in: item) != nil && document.value("type", in: item) != nil
            } ?? false
        } || ("jobs.plan" as KeyPattern).values(in: document).contains { document.kind($0) == .mapping }
    }

    mutating func concourse() {
        let pushed = pushedResources()
        let unused = overriddenImages()
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            guard !unused.contains(Index(node)), let finding = imageResource(Index(node), pushed) else { continue }
            result.findings.append(finding)
        }
    }

    /// The names of resources that a step puts. The pipeline pushes the images of these resources itself.
    private func pushedResources() -> Set<String> {
        var names: Set<String> = []
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            guard let put = document.value("put", in: Index(node)).flatMap(document.string) else { continue }
            names.insert(document.value("resource", in: Index(node)).flatMap(document.string) ?? put)
        }
        return names
    }

    /// The images of tasks whose step runs them in an artifact instead (concourse-ci.org, "task step", `image`).
    private func overriddenImages() -> Set<Index> {
        var images: Set<Index> = []
        for node in document.nodes.indices where document.nodes[node].kind == .mapping {
            let step = Index(node)
            guard document.value("task", in: step) != nil, document.value("image", in: step) != nil,
                let image = document.value(at: ["config", "image_resource"], in: step)
            else { continue }
            images.insert(document.resolved(image))
        }
        return images
    }

    private mutating func imageResource(_ index: Index, _ pushed: Set<String>) -> Finding? {
        guard let type = document.value("type", in: index).flatMap(document.string), Self.types.contains(type),
            let source = document.value("source", in: index), let name = document.value("repository", in: source),
            let text = view.text(name), !text.isEmpty
        else { return nil }
        let digest = document.value(at: ["version", "digest"], in: index)
        var finding = finding(name, tag: document.value("tag", in: source), digest: digest, host: host(of: source))
        let resource = document.value("name", in: index).flatMap(document.string)
        finding?.isBuilt = resource.map(pushed.contains) ?? false
        return finding
    }

    /// The registry host: nil, which means unknown, for an image in Amazon's registry, because its host contains an
    /// account and a region. Otherwise empty.
    private func host(of source: Index) -> String? {
        guard document.value("aws_region", in: source) != nil else { return "" }
        return nil
    }

    private mutating func finding(_ name: Index, tag: Index?, digest: Index?, host: String?) -> Finding? {
        var fields = ImageFieldTexts(view: view, name: name)
        fields.tag = tag
        fields.digest = digest
        if let warning = fields.warning("Concourse") { result.warnings.append(warning) }
        return fields.finding(kind, missing: host == nil ? "aws_account_id" : nil)
    }
}
