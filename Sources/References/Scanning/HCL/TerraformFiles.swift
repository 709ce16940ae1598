// SPDX-License-Identifier: Apache-2.0

/// The files that resources name by functions and settings: Dockerfiles that are built, values of charts, container
/// definitions of tasks, scripts of machines.
struct TerraformFiles {
    private let row: HCLResolver
    /// The templates that the file declares as data, by name (registry.terraform.io, "hashicorp/template").
    private let templates: [String: HCLBody]
    private(set) var followUps: [FollowUp] = []
    /// What releases give to charts in place of their own values.
    private(set) var overrides: [ChartOverride] = []

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
        let chart = text(body.value("chart"))?.string
        let names = Self.settings(of: body).compactMap { text($0.name)?.string.split(separator: ".").map(String.init) }
        override(names, of: chart)
        guard case .list(let items)? = body.value("values") else { return }
        for item in items {
            switch item {
            case .call("yamlencode", let arguments): override(arguments.flatMap { Self.fields(of: $0) }, of: chart)
            case .text(let values): override(ParentValues.said(values.written.bytes, ChartOverride.known), of: chart)
            default: break
            }
            if let path = file(item) { followUps.append(FollowUp(path: path, kind: .values(of: chart))) }
        }
    }

    private mutating func override(_ fields: [[String]], of chart: String?) {
        if let override = ChartOverride(of: chart, fields) { overrides.append(override) }
    }

    /// The fields in values that an expression makes, at any depth.
    private static func fields(of value: HCLValue, at path: [String] = []) -> [[String]] {
        guard case .object(let entries) = value else { return [path] }
        return entries.flatMap { fields(of: $0.value, at: path + [$0.name]) }
    }

    /// Names and values of `set` blocks, and of the list that later versions of the provider take.
    static func settings(of body: HCLBody) -> [(name: HCLValue, value: HCLValue)] {
        var pairs = body.blocks.filter { $0.type == "set" }.map { ($0.body.value("name"), $0.body.value("value")) }
        if case .list(let items)? = body.value("set") {
            for case .object(let entries) in items {
                pairs.append(
                    (entries.first { $0.name == "name" }?.value, entries.first { $0.name == "value" }?.value))
            }
        }
        return pairs.compactMap { name, value in name.flatMap { name in value.map { (name, $0) } } }
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
