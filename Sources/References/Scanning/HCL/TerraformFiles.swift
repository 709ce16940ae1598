// SPDX-License-Identifier: Apache-2.0

/// The files that resources name by functions and settings: Dockerfiles that are built, values of charts, container
/// definitions of tasks.
struct TerraformFiles {
    private let row: HCLResolver
    private(set) var followUps: [FollowUp] = []

    init(_ body: HCLBody, _ row: HCLResolver) {
        self.row = row
        for block in body.blocks where block.type == "resource" { resource(block) }
    }

    private mutating func resource(_ block: HCLBlock) {
        switch block.labels.first {
        case "helm_release": values(block.body)
        case "aws_ecs_task_definition": containers(block.body.value("container_definitions"))
        case "docker_image": for build in block.body.blocks where build.type == "build" { self.build(build.body) }
        default: return
        }
    }

    /// `values = [file("x.yaml"), templatefile("y.yaml", …)]`.
    private mutating func values(_ body: HCLBody) {
        guard case .list(let items)? = body.value("values") else { return }
        for item in items {
            if let path = file(item) { followUps.append(FollowUp(path: path, kind: .values)) }
        }
    }

    /// `container_definitions = templatefile("task.json", { … })`, or `file("task.json")`.
    private mutating func containers(_ value: HCLValue?) {
        guard let value, case .call(_, let arguments) = value, let path = file(value) else { return }
        var given: Set<String> = []
        if arguments.count > 1, case .object(let entries) = arguments[1] { given = Set(entries.map(\.name)) }
        followUps.append(FollowUp(path: path, kind: .containerDefinitions(given: given)))
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
