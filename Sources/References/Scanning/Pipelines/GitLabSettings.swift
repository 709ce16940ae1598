// SPDX-License-Identifier: Apache-2.0

/// A variable of a pipeline, as one of the pipeline's files sets it.
package struct PipelineVariable: Hashable, Sendable {
    /// The text in the file, with the variables in it.
    package var text: String
    /// The path of the file, relative to the pipeline's own folder.
    package var file: String

    package init(text: String, file: String) {
        self.text = text
        self.file = file
    }
}

/// What the files of one GitLab pipeline say for each other: variables for all jobs, and jobs that others extend.
package struct GitLabSettings: Hashable, Sendable {
    /// A job of any of the files.
    package struct Job: Hashable, Sendable {
        /// The jobs that it extends. The last one has precedence.
        var bases: [String]
        var variables: [String: PipelineVariable]
        /// The values that its rules and its matrix give to variables.
        var turns: [[String: String]]
        /// The keys with an image that it sets itself: `image`, `services`.
        var images: Set<String>
    }

    package var variables: [String: PipelineVariable]
    package private(set) var jobs: [String: Job] = [:]

    /// The most bytes of a variable.
    static let lengthLimit = 512

    package init(variables: [String: PipelineVariable] = [:]) { self.variables = variables }

    /// Adds what a document says. It overrides what was said before.
    mutating func add(_ view: YAMLView, of file: String) {
        variables.merge(Self.known(GitLabVariables(view: view).variables(of: [view.root]), in: file)) { $1 }
        for job in GitLabVariables(view: view).jobs { jobs[job.name] = Self.job(job.index, in: view, of: file) }
    }

    private static func job(_ job: YAMLDocument.Index, in view: YAMLView, of file: String) -> Job {
        let (document, reader) = (view.document, GitLabVariables(view: view))
        let turns = Choices(crossing: [reader.matrix(of: [job]), reader.rules(of: [job])]).rows
        return Job(
            bases: reader.bases(of: job),
            variables: known(reader.variables(of: [job]), in: file),
            turns: turns.map { $0.filter { $1.count <= lengthLimit }.mapValues(\.string) },
            images: Set(["image", "services"].filter { document.value($0, in: job) != nil }))
    }

    private static func known(_ variables: [String: TracedText], in file: String) -> [String: PipelineVariable] {
        variables.filter { $1.count <= lengthLimit }.mapValues { PipelineVariable(text: $0.string, file: file) }
    }

    // MARK: - Chains

    /// The names of a job and of the jobs that it extends, in order of precedence, highest first.
    ///
    /// - Parameter bases: what each job extends; nil for a name that is no job.
    static func chain(of job: String, _ bases: (String) -> [String]?) -> [String] {
        var (chain, position) = ([job], 0)
        while position < chain.count, chain.count < chainLimit {
            let found = (bases(chain[position]) ?? []).reversed().filter { bases($0) != nil }
            chain.insert(contentsOf: found.filter { !chain.contains($0) }, at: position + 1)
            position += 1
        }
        return chain
    }

    /// A chain of this many jobs is not extended further. GitLab allows eleven levels.
    private static let chainLimit = 64
}

extension [String: PipelineVariable] {
    /// The variables of other files that a text contains.
    func deciders(of text: String) -> [Decider] {
        guard !isEmpty else { return [] }
        return VariableUse.all(in: TracedText(untraced: text)).compactMap { use in
            self[use.name].map { Decider(use.name, file: $0.file) }
        }
    }

    /// The variables that the pipeline sets and that this file does not set, or sets to another value.
    ///
    /// - Parameter own: the file's own variables.
    func besides(_ own: [String: TracedText]) -> [String: PipelineVariable] {
        filter { own[$0.key]?.string != $0.value.text }
    }
}
