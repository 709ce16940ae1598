// SPDX-License-Identifier: Apache-2.0

/// The files that commands name: Dockerfiles, values of charts, Compose files, manifests.
extension ShellPlace {
    var followUps: [FollowUp] {
        var seen: Set<FollowUp> = []
        let commands = Dictionary(grouping: files) { $0.command }.mapValues { files in
            ComposeFiles(paths(in: files, as: .compose), environment: paths(in: files, as: .composeVariables))
        }
        let all =
            builds.flatMap { $0.followUps(texts) }
            + files.flatMap { followUps(of: $0, with: commands[$0.command]) }
            + files.flatMap { commands[$0.command]?.defaults(in: $0.folder) ?? [] }
            + composeFiles.flatMap(\.followUps)
        return all.filter { seen.insert($0).inserted }
    }

    private func paths(in files: [FileOfCommand], as meant: NamedFile) -> [String] {
        files.lazy.filter { $0.meant == meant }.prefix(ComposeFiles.limit).flatMap { paths(in: $0.word) }
    }

    /// The Compose files that a variable names, for each of its values.
    private var composeFiles: [ComposeFiles] {
        let separators = settings.filter { $0.name == ComposeFiles.separatorVariable }.flatMap { texts($0.raw) }
        let lists = settings.filter { $0.name == ComposeFiles.variable }.flatMap { texts($0.raw) }
        return lists.map { ComposeFiles(in: $0, separatedBy: separators.last) }
    }

    /// The most builds of one text that are compared with each other.
    private static let buildLimit = 64

    /// Names without a host that only one build makes. Dockerfiles beside this file and below, and those of other builds
    /// of the text, find these images on the machine. If a product's own Dockerfile uses the same name, that image existed
    /// before.
    var madeForBuilds: [BuildProduct] {
        var own: [String: Set<String>] = [:]
        var all: Set<String> = []
        for build in builds.prefix(Self.buildLimit) {
            let files = build.followUps(texts).map(\.path)
            all.formUnion(files)
            for name in localNames(build.products) { own[name, default: []].formUnion(files) }
        }
        return own.sorted { $0.key < $1.key }.flatMap { name, files -> [BuildProduct] in
            guard files.count == 1, let madeOf = files.first else { return [] }
            return [BuildProduct(name, users: .dockerfiles, madeOf: madeOf, defaultTag: "latest")]
                + all.subtracting(files).sorted().map {
                    .standIn(name, in: $0)
                }
        }
    }

    /// - Parameter layers: the Compose files of the command.
    private func followUps(of file: FileOfCommand, with layers: ComposeFiles?) -> [FollowUp] {
        let chart = charts[file.command].map(chart)
        let patterns = file.meant == .values ? valuesPatterns(in: file.word) : []
        return (paths(in: file.word) + patterns).map { path in
            let kind = file.meant == .compose ? layers?.kind(of: path) : nil
            return FollowUp(
                anyOf: [path], in: file.folder, kind: kind ?? file.meant.followUp(of: path, for: chart), start: .above)
        }
    }

    /// Files of values in whose paths something is not known: `environments/$ENV/values.yaml`. Each may be given.
    private func valuesPatterns(in word: TracedText) -> [String] {
        let text = ShellVariables.unquoted(variables.filled(word))
        let pattern = VariableUse.text(of: text, with: "*")
        guard pattern.contains("*"), pattern.hasSuffix(".yaml") || pattern.hasSuffix(".yml"),
            pattern.prefix(while: { $0 != "*" }).contains("/")
        else { return [] }
        let path = pattern.replacing("**", with: "*")
        return path.contains { "${}`(),\"'".contains($0) } || path.hasPrefix("/") ? [] : [FilePath.normalized(path)]
    }

    /// A chart as a path or a name, with the values that are known.
    private func chart(_ word: TracedText) -> String { ShellVariables.unquoted(variables.filled(word)).string }

    /// What commands give to charts in place of their own values.
    var overrides: [ChartOverride] {
        chartSettings.compactMap { settings(in: $0.words).override(of: $0.chart.map(chart)) }
    }

    func settings(in words: [TracedText]) -> ChartSettings {
        var settings = ChartSettings()
        for word in words { settings.add(list: ShellVariables.unquoted(word)) { variables.value(of: $0) } }
        return settings
    }

    /// Files, separated by commas.
    private func paths(in word: TracedText) -> [String] {
        let names = BuildCommand.readings(of: word, texts).flatMap { $0.split(separator: ",") }
        // A variable alone may be any file.
        return names.compactMap { BuildCommand.local(String($0)) }.filter { $0 != "." }
    }

    /// All values that a word may have.
    private func texts(_ word: TracedText) -> [String] {
        let known = variables.values(of: word).compactMap { $0?.string }
        return known.isEmpty ? variables.turns(of: word).map(\.string) : known
    }
}
