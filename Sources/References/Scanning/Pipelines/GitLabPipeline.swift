// SPDX-License-Identifier: Apache-2.0

/// The settings that all jobs of a GitLab pipeline share: the variables, the variables of the workflow's rules, and the
/// images for jobs that name none.
struct GitLabPipeline {
    typealias Index = YAMLDocument.Index

    let view: YAMLView
    let variables: [String: TracedText]
    /// The other files that set variables, by variable name.
    let files: [String: String]
    /// The variables of each workflow rule that lets a pipeline run.
    let rules: [[String: TracedText]]

    /// - Parameter shared: the variables of all files of the pipeline together.
    init(view: YAMLView, shared: [String: PipelineVariable]) {
        self.view = view
        let workflow = view.document.value("workflow", in: view.root)
        let reader = GitLabVariables(view: view)
        let own = reader.variables(of: [view.root])
        let others = shared.besides(own)
        variables = own.merging(others.mapValues { TracedText(untraced: $0.text) }) { $1 }
        files = others.mapValues(\.file)
        rules = workflow.map { reader.rules(of: [$0]) } ?? [[:]]
    }

    /// A job and the jobs that it extends, in order of precedence, highest first.
    func chain(of job: Index) -> [Index] {
        var chain = [job]
        var position = 0
        while position < chain.count, chain.count < Self.chainLimit {
            let names = view.document.value("extends", in: chain[position]).map(view.texts) ?? []
            let found = names.reversed().compactMap { view.document.value($0.string, in: view.root) }
            chain.insert(contentsOf: found.filter { !chain.contains($0) }, at: position + 1)
            position += 1
        }
        return chain
    }

    /// A chain of this many jobs is not extended further. GitLab allows eleven levels.
    private static let chainLimit = 64
}

/// Reads the variables of a pipeline, of jobs and of rules.
struct GitLabVariables {
    typealias Index = YAMLDocument.Index

    let view: YAMLView

    private var document: YAMLDocument { view.document }

    /// Reads `NAME: text` and `NAME: {value: text}` of several holders. The first holder has precedence.
    func variables(of holders: [Index]) -> [String: TracedText] {
        var values: [String: TracedText] = [:]
        for holder in holders.reversed() {
            guard let entries = document.value("variables", in: holder) else { continue }
            for (key, value) in document.entries(entries) {
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

    let images: [Index]
    let variables: [String: TracedText]
    /// The other files that set variables, by variable name.
    let files: [String: String]
    /// The values that rules and the matrix give to variables.
    let choices: Choices

    init(_ pipeline: GitLabPipeline, _ job: Index) {
        let document = pipeline.view.document
        let chain = pipeline.chain(of: job)
        let reader = GitLabVariables(view: pipeline.view)
        let inherited = Inheritance(chain, "variables", in: document)
        let own = reader.variables(of: chain)
        variables = pipeline.variables.filter { inherited.takes($0.key) }.merging(own) { $1 }
        files = pipeline.files.filter { inherited.takes($0.key) && own[$0.key] == nil }
        let shared = pipeline.rules.map { row in row.filter { inherited.takes($0.key) && own[$0.key] == nil } }
        choices = Choices(crossing: [shared, reader.matrix(of: chain), reader.rules(of: chain)])
        images = Self.images(pipeline, chain)
    }

    /// The image and the services: those of the job, otherwise the shared ones.
    private static func images(_ pipeline: GitLabPipeline, _ chain: [Index]) -> [Index] {
        let document = pipeline.view.document
        // A job that starts another pipeline does not run in an image.
        if chain.contains(where: { document.value("trigger", in: $0) != nil }) { return [] }
        let inherited = Inheritance(chain, "default", in: document)
        let shared = [document.value("default", in: pipeline.view.root), pipeline.view.root].compactMap(\.self)
        return ["image", "services"].flatMap { key -> [Index] in
            let holders = chain + (inherited.takes(key) ? shared : [])
            guard let value = holders.lazy.compactMap({ document.value(key, in: $0) }).first else { return [] }
            let items = document.kind(value) == .sequence ? document.items(value) : [value]
            return items.compactMap { document.kind($0) == .mapping ? document.value("name", in: $0) : $0 }
        }
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
