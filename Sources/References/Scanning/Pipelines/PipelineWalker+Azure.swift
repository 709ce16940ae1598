// SPDX-License-Identifier: Apache-2.0

/// Azure's templates and tasks (learn.microsoft.com, "Templates", "Docker@2", "HelmDeploy@1").
extension PipelineWalker {
    mutating func azure(_ key: String, _ value: Index, in mapping: Index) {
        if key == "template" { template(value, of: mapping) }
        guard key == "inputs" else { return }
        let task = document.value("task", in: mapping).flatMap(document.string)
        if task?.hasPrefix("Docker@") == true { docker(value) }
        if task?.hasPrefix("HelmDeploy@") == true { helm(value) }
        steps[document.resolved(value)] = document.value("name", in: mapping).flatMap(document.string)
        if task?.hasPrefix("PowerShell@") == true { powershells.insert(document.resolved(value)) }
    }

    /// Reads the parameters that a template declares, in a list or by name. Each has the value that the caller gives,
    /// otherwise its default (learn.microsoft.com, "Template parameters").
    mutating func readParameters() {
        guard let list = document.value("parameters", in: view.root) else { return }
        let declared = document.items(list).map { item in
            (document.value("name", in: item).flatMap(document.string), document.value("default", in: item))
        }
        let named = document.entries(list).map { (document.string($0.key), Optional($0.value)) }
        for case (let name?, let value) in declared + named {
            let given = parameters[name].map { TracedText(untraced: $0) }
            guard let text = given ?? value.flatMap({ view.text($0) }), !text.bytes.contains(UInt8(ascii: "$")) else {
                continue
            }
            shell.variables.assign(PipelineMacros.parameter(name), text)
        }
    }

    /// Reads a container of Azure's own registry, which has the parts of its image in fields (learn.microsoft.com,
    /// "resources.containers.container").
    mutating func registryContainer(_ container: Index) {
        func field(_ name: String) -> TracedText? { document.value(name, in: container).flatMap { text($0) } }
        guard field("type")?.string.lowercased() == "acr", let registry = field("registry"),
            let repository = field("repository")
        else { return }
        let tags = document.value("tags", in: container).map(view.texts)?.first ?? field("tag")
        let host = registry.bytes.contains(UInt8(ascii: ".")) ? "/" : ".azurecr.io/"
        let tag = tags.map { TracedText(untraced: ":") + $0 } ?? TracedText()
        shell.add(image: registry + TracedText(untraced: host) + repository + tag, written: repository)
    }

    /// Follows a template file. Its path begins at the folder of this file, or with a slash at the project's folder.
    /// Templates of other repositories are not followed.
    private mutating func template(_ value: Index, of call: Index) {
        guard var path = document.string(value) else { return }
        if path.hasSuffix("@self") { path.removeLast(5) }
        guard !path.isEmpty, !path.contains("@"), !path.contains("$") else { return }
        var followUp = FollowUp(
            path: String(path.drop { $0 == "/" }),
            kind: .azureTemplate(parameters: given(behind: "parameters", by: call)))
        if path.hasPrefix("/") { followUp.start = .above }
        followUps.append(followUp)
    }

    /// Reads the Dockerfile, the build context and the options (learn.microsoft.com, "Docker@2").
    private mutating func docker(_ inputs: Index) {
        func input(_ name: String) -> TracedText? { self.input(name, of: inputs) }
        var lexer = ShellLexer(SourceText(input("arguments") ?? TracedText()))
        lexer.read()
        var build = BuildCommand(options: lexer.commands.first?.words ?? [])
        if let file = input("dockerfile"), !file.bytes.contains(UInt8(ascii: "*")) { build.file = file }
        build.context = input("buildcontext").flatMap { $0.bytes.contains(UInt8(ascii: "*")) ? nil : $0 }
        shell.note(build)
        guard let repository = input("repository"), !repository.isEmpty else { return }
        for tag in (input("tags") ?? TracedText(untraced: "$(Build.BuildId)")).lines where !tag.isEmpty {
            shell.add(products: repository + TracedText(untraced: ":") + tag.trimmed)
        }
    }

    /// - Parameter name: in lower case.
    private func input(_ name: String, of inputs: Index) -> TracedText? {
        let found = document.entries(inputs).first { document.string($0.key)?.lowercased() == name }
        return found.flatMap { text($0.value) }
    }

    /// Reads the chart and the values as a command of helm has them.
    private mutating func helm(_ inputs: Index) {
        let options = [("overridevalues", "--set="), ("valuefile", "--values=")].compactMap { name, option in
            input(name, of: inputs).map { TracedText(untraced: option) + $0 }
        }
        guard !options.isEmpty else { return }
        let chart = input("chartpath", of: inputs) ?? input("chartname", of: inputs)
        let release = ["helm", "upgrade", "release"].map { TracedText(untraced: $0) }
        shell.read(words: release + [chart].compactMap(\.self) + options)
    }
}
