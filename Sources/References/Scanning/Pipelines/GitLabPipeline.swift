// SPDX-License-Identifier: Apache-2.0

/// The settings that all jobs of a GitLab pipeline share: the variables, the variables of the workflow's rules, and the
/// images for jobs that name none.
struct GitLabPipeline {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let variables: [String: TracedText]
    /// The variables that other files set.
    let others: [String: PipelineVariable]
    /// The variables of each workflow rule that lets a pipeline run.
    let rules: [[String: TracedText]]
    private let settings: GitLabSettings

    /// - Parameter settings: what all files of the pipeline set together.
    init(view: YAMLView, settings: GitLabSettings) {
        self.view = view
        self.settings = settings
        let workflow = view.document.value("workflow", in: view.root)
        let reader = GitLabVariables(view: view)
        let own = reader.variables(of: [view.root])
        others = settings.variables.besides(own)
        variables = own.merging(others.mapValues { TracedText(untraced: $0.text) }) { $1 }
        rules = workflow.map { reader.rules(of: [$0]) } ?? [[:]]
    }

    /// A job of this file, or of another file of the pipeline.
    enum Link {
        case here(Index)
        case elsewhere(GitLabSettings.Job)
    }

    /// A job and the jobs that it extends, in order of precedence, highest first.
    func chain(of job: String) -> [Link] {
        GitLabSettings.chain(of: job) { link($0).map(bases) }.compactMap(link)
    }

    /// The jobs of other files that run and that extend a job of this file, sorted by name.
    var users: [String] {
        let others = settings.jobs.keys.filter { !$0.hasPrefix(".") && ownJob($0) == nil }
        return others.sorted().filter { name in
            chain(of: name).contains { if case .here = $0 { true } else { false } }
        }
    }

    /// The jobs that run with parts of this file, and those that nothing extends: others may extend them.
    var runs: [GitLabJob] {
        let names = GitLabVariables(view: view).jobs.map(\.name)
        let chains = (names.filter { !$0.hasPrefix(".") } + users).map {
            GitLabSettings.chain(of: $0) { link($0).map(bases) }
        }
        let extended = Set(chains.joined())
        let unused = names.filter { !extended.contains($0) }
        return (chains + unused.map { [$0] }).map { GitLabJob(self, $0.compactMap(link)) }
    }

    private func ownJob(_ name: String) -> Index? {
        view.document.value(name, in: view.root).flatMap { view.document.kind($0) == .mapping ? $0 : nil }
    }

    private func link(_ name: String) -> Link? {
        ownJob(name).map(Link.here) ?? settings.jobs[name].map(Link.elsewhere)
    }

    private func bases(of link: Link) -> [String] {
        switch link {
        case .here(let job): GitLabVariables(view: view).bases(of: job)
        case .elsewhere(let job): job.bases
        }
    }
}

/// Reads the jobs of a pipeline, and the variables of the pipeline, of jobs and of rules.
struct GitLabVariables {
    typealias Index = YAMLDocument.Index

    let view: YAMLView

    private var document: YAMLDocument { view.document }

    private static let keywords: Set<String> = [
        "default", "stages", "variables", "include", "workflow", "cache", "before_script", "after_script", "spec",
        "image", "services",
    ]

    var jobs: [(name: String, index: Index)] {
        document.entries(view.root).compactMap { key, value in
            guard document.kind(value) == .mapping, let name = document.string(key), !Self.keywords.contains(name)
            else { return nil }
            return (name, value)
        }
    }

    /// The names of the jobs that a job extends.
    func bases(of job: Index) -> [String] {
        document.value("extends", in: job).map(view.texts)?.map(\.string) ?? []
    }

    /// Reads `NAME: text` and `NAME: {value: text}` of several holders. The first holder has precedence.
    func variables(of holders: [Index]) -> [String: TracedText] {
        var values: [String: TracedText] = [:]
        for holder in holders.reversed() {
            guard let entries = document.pointedValue("variables", in: holder) else { continue }
            for (key, value) in document.allEntries(entries) {
                guard let value = document.pointed(from: value) else { continue }
                let scalar = document.kind(value) == .mapping ? document.value("value", in: value) : value
                if let name = document.string(key), let text = scalar.flatMap(view.text) { values[name] = text }
            }
        }
        return values
    }

    /// The variables of each rule that lets a job run; one empty row if there is no such rule.
    func rules(of holders: [Index]) -> [[String: TracedText]] {
        guard let rules = holders.lazy.compactMap({ document.value("rules", in: $0) }).first else { return [[:]] }
        let running = document.items(rules).filter { rule in
            document.value("when", in: rule).flatMap(document.string) != "never"
        }
        let rows = running.map { variables(of: [$0]) }
        return rows.isEmpty ? [[:]] : rows
    }

    /// All combinations of each entry of `parallel: matrix`.
    func matrix(of holders: [Index]) -> [[String: TracedText]] {
        let path = ["parallel", "matrix"]
        guard let matrix = holders.lazy.compactMap({ document.value(at: path, in: $0) }).first else { return [[:]] }
        var choices = Choices()
        for entry in document.items(matrix) {
            choices.add(
                combinationsOf: document.entries(entry).compactMap { key, value in
                    document.string(key).map { name in (name, view.texts(value).map { [name: $0] }) }
                })
        }
        return choices.rows.isEmpty ? [[:]] : choices.rows
    }
}

/// A job with all that it inherits.
struct GitLabJob {
    typealias Index = YAMLDocument.Index

    let images: [Image]
    let variables: [String: TracedText]
    /// The other files that set variables, by variable name.
    let files: [String: String]
    /// The values that rules and the matrix give to variables.
    let choices: Choices

    /// - Parameter chain: the job and the jobs that it extends, highest precedence first.
    init(_ pipeline: GitLabPipeline, _ chain: [GitLabPipeline.Link]) {
        let document = pipeline.view.document
        let reader = GitLabVariables(view: pipeline.view)
        let here = chain.compactMap(\.index)
        let inherited = Inheritance(here, "variables", in: document)
        let (own, ownFiles) = Self.variables(of: chain, reader)
        variables = pipeline.variables.filter { inherited.takes($0.key) }.merging(own) { $1 }
        let others = pipeline.others.filter { inherited.takes($0.key) && own[$0.key] == nil }
        files = others.mapValues(\.file).merging(ownFiles) { $1 }
        let shared = pipeline.rules.map { row in row.filter { inherited.takes($0.key) && own[$0.key] == nil } }
        let turns = chain.lazy.compactMap(\.turns).first ?? []
        choices = Choices(crossing: [shared, turns, reader.matrix(of: here), reader.rules(of: here)])
        images = Self.images(pipeline, chain)
    }

    private static func variables(
        of chain: [GitLabPipeline.Link], _ reader: GitLabVariables
    ) -> (values: [String: TracedText], files: [String: String]) {
        var (values, files) = ([String: TracedText](), [String: String]())
        for link in chain.reversed() {
            switch link {
            case .here(let job):
                let own = reader.variables(of: [job])
                values.merge(own) { $1 }
                for name in own.keys { files[name] = nil }
            case .elsewhere(let job):
                values.merge(job.variables.mapValues { TracedText(untraced: $0.text) }) { $1 }
                files.merge(job.variables.mapValues(\.file)) { $1 }
            }
        }
        return (values, files)
    }

    /// The image and the services: those of the job, otherwise the shared ones. Those of another file are found there.
    private static func images(_ pipeline: GitLabPipeline, _ chain: [GitLabPipeline.Link]) -> [Image] {
        let document = pipeline.view.document
        let here = chain.compactMap(\.index)
        // A job that starts another pipeline does not run in an image.
        if here.contains(where: { document.value("trigger", in: $0) != nil }) { return [] }
        let inherited = Inheritance(here, "default", in: document)
        let shared = [document.value("default", in: pipeline.view.root), pipeline.view.root].compactMap(\.self)
        return ["image", "services"].flatMap { key -> [Image] in
            let holders = chain + (inherited.takes(key) ? shared.map(GitLabPipeline.Link.here) : [])
            guard let holder = holders.first(where: { $0.sets(key, in: document) })?.index,
                let value = document.pointedValue(key, in: holder)
            else { return [] }
            return items(of: value, in: document).compactMap { item in
                guard document.kind(item) == .mapping else {
                    let isShared = document.value(key, in: holder).map(document.pointsToOwnKey) ?? false
                    return Image(index: item, isNamed: key == "image", isShared: isShared)
                }
                let isNamed = key == "image" || document.value("alias", in: item) != nil
                return document.pointedValue("name", in: item).map { Image(index: $0, isNamed: isNamed) }
            }
        }
    }

    /// The items of a list, some of which may be lists of other jobs, or a value alone.
    private static func items(of value: Index, in document: YAMLDocument) -> [Index] {
        guard document.kind(value) == .sequence else { return [value] }
        return document.items(value).compactMap(document.pointed).flatMap { item in
            document.kind(item) == .sequence ? document.items(item) : [item]
        }
    }

    struct Image {
        let index: Index
        /// Jobs reach a service by its alias, or by a name that is made of the image's (docs.gitlab.com, "Accessing the
        /// services").
        let isNamed: Bool
        /// Whether it is under a key of the user's own, from where pointers take it.
        var isShared = false
    }

    /// Reads `inherit:`, which names the shared settings that a job takes: all, none, or a list of names.
    private struct Inheritance {
        private var names: Set<String>?
        private var isAll = true

        init(_ chain: [Index], _ key: String, in document: YAMLDocument) {
            let path = ["inherit", key]
            guard let value = chain.lazy.compactMap({ document.value(at: path, in: $0) }).first else { return }
            if document.kind(value) == .sequence {
                names = Set(document.items(value).compactMap(document.string))
            } else {
                isAll = document.string(value) != "false"
            }
        }

        func takes(_ name: String) -> Bool { names?.contains(name) ?? isAll }
    }
}

extension GitLabPipeline.Link {
    /// The job, if it is in this file.
    fileprivate var index: YAMLDocument.Index? { if case .here(let job) = self { job } else { nil } }

    /// What the rules and the matrix of a job of another file give to variables.
    fileprivate var turns: [[String: TracedText]]? {
        guard case .elsewhere(let job) = self, !job.turns.isEmpty else { return nil }
        return job.turns.map { $0.mapValues { TracedText(untraced: $0) } }
    }

    fileprivate func sets(_ key: String, in document: YAMLDocument) -> Bool {
        switch self {
        case .here(let job): document.value(key, in: job) != nil
        case .elsewhere(let job): job.images.contains(key)
        }
    }
}

extension [GitLabJob] {
    /// The values of the variables that jobs have from other files, or that differ between jobs: a row for each job, and
    /// one for each of its choices.
    var turns: [[String: TracedText]] {
        let rows = flatMap { job in
            (job.choices.rows.isEmpty ? [[:]] : job.choices.rows).map { job.variables.merging($0) { $1 } }
        }
        var values: [String: Set<String>] = [:]
        for row in rows { for (name, text) in row { values[name, default: []].insert(text.string) } }
        let others = Set(flatMap(\.files.keys))
        return rows.prefix(Choices.limit).map { row in
            var known = Variables()
            known.assign(row, from: [:])
            return row.filter { others.contains($0.key) || values[$0.key, default: []].count > 1 }
                .mapValues(known.unfolded)
        }.filter { !$0.isEmpty }
    }
}
