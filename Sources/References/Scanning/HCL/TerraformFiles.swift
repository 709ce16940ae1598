// SPDX-License-Identifier: Apache-2.0

/// The files that resources name by functions and settings: Dockerfiles that are built, values of charts, container
/// definitions of tasks, scripts of machines.
struct TerraformFiles {
    private let row: HCLResolver
    /// The templates that the file declares as data, by name (registry.terraform.io, "hashicorp/template").
    private let templates: [String: HCLBody]
    private(set) var followUps: [FollowUp] = []

    init(_ body: HCLBody, _ row: HCLResolver) {
        self.row = row
        let data = body.blocks.filter {
            $0.type == "data" && $0.labels.first == "template_file" && $0.labels.count == 2
        }
        templates = Dictionary(data.map { ($0.labels[1], $0.body) }) { _, last in last }
        for block in body.blocks where block.type == "resource" { resource(block) }
    }

    private mutating func resource(_ block: HCLBlock) {
        switch block.labels.first {
        case "helm_release": values(block.body)
        case "aws_ecs_task_definition": template(block.body.value("container_definitions"), .containers)
        case "docker_image": for build in block.body.blocks where build.type == "build" { self.build(build.body) }
        default: scripts(in: block.body)
        }
    }

    /// The scripts that machines run when they start, also in blocks for them.
    private mutating func scripts(in body: HCLBody) {
        for entry in body.attributes where TerraformScripts.names.contains(entry.name) {
            template(entry.value, .script)
        }
        if case .object(let entries)? = body.value("metadata") {
            for entry in entries where TerraformScripts.names.contains(entry.name) { template(entry.value, .script) }
        }
    }

    /// `values = [file("x.yaml"), templatefile("y.yaml", …)]`.
    private mutating func values(_ body: HCLBody) {
        guard case .list(let items)? = body.value("values") else { return }
        for item in items {
            if let path = file(item) { followUps.append(FollowUp(path: path, kind: .values)) }
        }
    }

    /// `templatefile("task.json", { … })`, `file("task.json")`, `base64encode(…)` of them, and the declared
    /// `data.template_file.x.rendered`.
    private mutating func template(_ value: HCLValue?, _ content: TerraformTemplate.Content) {
        switch value {
        case .call(let name, let arguments)? where TerraformScripts.wrappers.contains(name):
            template(arguments.first, content)
        case .call(_, let arguments)?:
            guard let path = value.flatMap(file) else { return }
            follow(path, content, arguments.count > 1 ? arguments[1] : nil)
        case .reference(let path, _)?:
            let names = path.split(separator: ".").map(String.init)
            guard names.count == 4, names[1] == "template_file", names[3] == "rendered", let data = templates[names[2]],
                let path = data.value("template").flatMap(file)
            else { return }
            follow(path, content, data.value("vars"))
        default: return
        }
    }

    private mutating func follow(_ path: String, _ content: TerraformTemplate.Content, _ given: HCLValue?) {
        var template = TerraformTemplate(content: content)
        if case .object(let entries)? = given {
            template.given = Set(entries.map(\.name))
            for entry in entries {
                guard case .text(let text, _)? = row.resolve(entry.value).first else { continue }
                template.values[entry.name] = text.string
            }
        }
        followUps.append(FollowUp(path: path, kind: .terraformTemplate(template)))
    }

    /// The file that a function reads.
    private func file(_ value: HCLValue) -> String? {
        guard case .call(let name, let arguments) = value, ["file", "templatefile"].contains(name) else { return nil }
        return text(arguments.first).flatMap { BuildCommand.local($0.string) }.map(FilePath.normalized)
    }

    /// registry.terraform.io, "kreuzwerker/docker", "docker_image": the Dockerfile is in the context.
    private mutating func build(_ body: HCLBody) {
        let context = text(body.value("context") ?? body.value("path"))
        var build = BuildCommand(context: context)
        if let file = text(body.value("dockerfile")) {
            build.file = context.map { $0 + TracedText(untraced: "/") + file } ?? file
        }
        for name in ["build_args", "build_arg"] {
            guard case .object(let entries)? = body.value(name) else { continue }
            for entry in entries { if let value = text(entry.value) { build.give(entry.name, value) } }
        }
        followUps += build.followUps()
    }

    /// The text of a value. Names without a value stay as written.
    private func text(_ value: HCLValue?) -> TracedText? {
        guard let value else { return nil }
        switch row.resolve(value).first {
        case .text(let text, _): return text
        case .open(_, let written): return written
        case nil: return nil
        }
    }
}
