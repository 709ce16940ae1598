// SPDX-License-Identifier: Apache-2.0

/// Container commands: the images that programs such as builders and copiers take, and the images in shell text.
extension KubernetesScanner {
    mutating func command(of container: Index) {
        let image = document.value("image", in: container)
        guard identity != nil || image != nil, commands.isNew(document.resolved(container)) else { return }
        let name = image.flatMap { view.text($0) }.map { parameters.fill($0)?.first?.text ?? $0 }
        let lists = (items("command", of: container), items("args", of: container))
        func command(_ text: (Index) -> TracedText?) -> ContainerCommand? {
            ContainerCommand(
                image: name?.string, command: lists.0.compactMap(text), arguments: lists.1.compactMap(text))
        }
        guard var told = command(view.written) else { return }
        // A shell would split words at the blanks of a template action.
        let isMasked = view.isTemplate && !parameters.haveBraces
        if isMasked, case .shell = told { told = command(view.text) ?? told }
        let variables = ContainerVariables(of: container, parameters, in: view)
        switch told {
        case .shell(let text):
            var shell = ShellScanner(.kubernetesText)
            shell.variables = variables.values
            shell.read(SourceText(variables.asShell(text)))
            var found = shell.finished(in: view.file)
            if isMasked { found.findings = found.findings.map(view.opened) }
            take(found, variables)
        case .program(let words):
            let words = words.map(variables.asShell)
            guard takesImages(words, variables) else { return }
            var shell = ShellScanner(.kubernetesSetting)
            shell.variables = variables.values
            shell.read(words: words)
            take(shell.finished(in: view.file), variables)
            for list in [lists.0, lists.1] { commands.note(words: list.map { view.place(of: $0) }) }
        }
    }

    private func items(_ key: String, of container: Index) -> [Index] {
        document.value(key, in: container).map(document.items) ?? []
    }

    /// Whether the command line names an image, read by the rules of its program. Other options are recognized by their
    /// names.
    private func takesImages(_ words: [TracedText], _ variables: ContainerVariables) -> Bool {
        guard let name = words.first?.string, let program = ImageProgram.named(ShellPrograms.lastPart(name)) else {
            return false
        }
        var reader = CommandLineReader(words) { variables.values.value(of: $0)?.string }
        reader.scan(program)
        return !reader.found.isEmpty
    }

    private mutating func take(_ found: ScanResult, _ variables: ContainerVariables) {
        built.shared += found.shared
        built.overrides += found.overrides
        commands.note(made: found.shared)
        for var finding in found.findings.written(in: view.file) {
            finding.owner = finding.owner ?? owner
            if let name = finding.unresolved.flatMap({ variables.parameters[$0] }) {
                finding.meaning = .unresolved(name)
            }
            commands.findings.append(finding)
        }
    }
}

/// The findings in the commands of a document's containers.
struct ContainerCommands {
    var findings: [Finding] = []
    private var containers: Set<YAMLDocument.Index> = []
    /// The words of programs whose images were found: one range per list, from the first word to the last.
    private var words: [Range<Int>] = []
    /// The places of images that the commands make.
    private var made: Set<Range<Int>> = []

    mutating func isNew(_ container: YAMLDocument.Index) -> Bool { containers.insert(container).inserted }

    mutating func note(words places: [Range<Int>]) {
        guard let first = places.map(\.lowerBound).min(), let last = places.map(\.upperBound).max() else { return }
        words.append(first..<last)
    }

    mutating func note(made shared: [SharedBytes]) {
        made.formUnion(shared.filter { $0.use == .product }.map(\.range))
    }

    /// Whether a program's command line decides what a setting holds, so that the setting's name does not count.
    func takeOver(_ setting: Finding) -> Bool {
        made.contains(setting.range)
            || words.contains { $0.lowerBound <= setting.range.lowerBound && setting.range.upperBound <= $0.upperBound }
    }
}
