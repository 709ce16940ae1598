// SPDX-License-Identifier: Apache-2.0

/// The Dockerfiles that build settings name, with the values of their build arguments.
extension PipelineScanner {
    // MARK: - GitHub

    /// Follows the builds that actions make, once for each combination of the job's matrix
    /// (github.com/docker/build-push-action, "Inputs", and similar actions).
    mutating func builds(of job: Index) {
        for step in items("steps", in: job) {
            guard let uses = document.value("uses", in: step).flatMap(document.string), uses.holds(Self.build),
                let inputs = document.value("with", in: step),
                document.entries(inputs).contains(where: { document.string($0.key).map(Self.isOfBuild) ?? false })
            else { continue }
            let environment = self.environment([view.root, job, step])
            var seen: Set<FollowUp> = []
            for row in choices.rows.isEmpty ? [[:]] : choices.rows {
                let row = environment.merging(row) { $1 }
                let build = self.build(inputs) { [self] text in fill(text, row) }
                result.followUps += build.followUps().filter { seen.insert($0).inserted }
            }
        }
    }

    private static let build = SearchWord("build")
    private static let fileKeys: Set<String> = ["file", "dockerfile", "containerfiles", "build_file"]
    private static let argumentKeys: Set<String> = ["build-args", "build_args"]

    private static func isOfBuild(_ key: String) -> Bool {
        fileKeys.contains(key) || argumentKeys.contains(key) || ["context", "build-contexts"].contains(key)
    }

    private func build(_ inputs: Index, _ fill: (TracedText) -> Variables.Filled) -> BuildCommand {
        var build = BuildCommand(start: .above)
        for (key, value) in document.entries(inputs) {
            guard let name = document.string(key), let text = view.text(value) else { continue }
            switch name {
            case "context": build.context = Self.withoutDefaultContext(fill(text).text)
            case _ where Self.fileKeys.contains(name): build.file = fill(text).text
            case _ where Self.argumentKeys.contains(name):
                build.arguments += text.lines.map(fill).filter { $0.missing == nil }.map(\.text)
            case "build-contexts": build.contexts += text.lines.map { $0.trimmed }
            default: continue
            }
        }
        return build
    }

    /// Removes `{{defaultContext}}`, the action's own name for the checked-out folder: `{{defaultContext}}:folder`.
    private static func withoutDefaultContext(_ text: TracedText) -> TracedText {
        let prefix = "{{defaultContext}}"
        guard text.bytes.starts(with: prefix.utf8) else { return text }
        let rest = text[prefix.utf8.count..<text.count]
        return rest.bytes.first == UInt8(ascii: ":") ? rest[1..<rest.count] : TracedText(untraced: ".")
    }

    private func environment(_ holders: [Index]) -> [String: TracedText] {
        holders.reduce(into: [:]) { values, holder in
            for (key, value) in entries("env", in: holder) {
                if let name = document.string(key), let text = view.text(value) { values["env." + name] = text }
            }
        }
    }

    // MARK: - Skaffold

    /// Follows an artifact's Dockerfile, relative to its context (skaffold.dev, "skaffold.yaml").
    mutating func skaffoldBuild(_ artifact: Index) {
        for key in ["docker", "kaniko"] {
            guard let settings = document.value(key, in: artifact) else { continue }
            let context = document.value("context", in: artifact) ?? document.value("workspace", in: artifact)
            follow(settings, file: "dockerfile", in: context, arguments: "buildArgs")
        }
        if let settings = document.value(at: ["custom", "dependencies", "dockerfile"], in: artifact) {
            follow(settings, file: "path", in: nil, arguments: "buildArgs")
        }
    }

    /// The chart of one of Skaffold's releases.
    func chart(ofRelease release: Index) -> String? {
        ["chartPath", "remoteChart"].lazy.compactMap { document.value($0, in: release).flatMap(document.string) }.first
    }

    /// Follows values files that are given to a chart.
    mutating func follow(values: [Index], of chart: String?) {
        for path in values.compactMap({ document.string($0).flatMap(BuildCommand.local) }) {
            result.followUps.append(FollowUp(path: path, kind: .values(of: chart)))
        }
    }

    /// Finds images in values that are given to a chart one by one, each with its path.
    mutating func settings(_ entries: [(key: Index, value: Index)], of chart: String?) {
        var settings = ChartSettings()
        for (key, value) in entries {
            if let path = document.string(key), let text = view.text(value) { settings.add(path, text) }
        }
        var found = FoundImages(kind)
        settings.find(in: &found)
        result.findings += found.findings
        if let override = settings.override(of: chart) { result.overrides.append(override) }
    }

    private mutating func follow(_ settings: Index, file: String, in context: Index?, arguments: String) {
        let context = context.flatMap { view.text($0) }
        var build = BuildCommand(context: context)
        if let file = document.value(file, in: settings).flatMap({ view.text($0) }) {
            build.file = context.map { $0 + TracedText(untraced: "/") + file } ?? file
        }
        for (key, value) in entries(arguments, in: settings) {
            guard let name = document.string(key), let text = view.text(value) else { continue }
            build.give(name, text)
            if BuildValue(name: name, text: text).image != nil { add(value) }
        }
        result.followUps += build.followUps()
    }
}
