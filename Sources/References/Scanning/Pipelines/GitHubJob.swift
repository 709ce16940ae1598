// SPDX-License-Identifier: Apache-2.0

/// The settings of a GitHub workflow job that apply to all of its steps, or the parameters of a CircleCI job or command.
struct GitHubJob {
    typealias Index = YAMLDocument.Index

    /// The name of the job, for others that need it.
    let id: String
    /// The prefix of the shell names for this job's matrix and steps, because each job has its own.
    let scope: String
    /// The values that each combination of the matrix gives to shell names.
    let turns: [[String: TracedText]]
    /// Shell names whose value is an expression in at least one combination.
    let open: Set<String>
    /// The workflow's names, by shell name.
    let names: [String: String]
    /// The program that runs the text of steps that name none.
    let shell: String?
    /// The folder of steps that name none.
    let folder: String?

    /// - Parameter job: the mapping of a job, in a workflow.
    init(_ job: Index, named id: String, in view: YAMLView) {
        self.id = id
        let scope = "matrix__\(view.document.resolved(job))__"
        let rows = GitHubMatrix(of: job, in: view).choices.rows
        (turns, open, names) = Self.table(of: rows, scope)
        self.scope = scope
        let defaults = Self.defaults(of: [job, view.root], view.document)
        shell = defaults("shell") ?? Self.shellOfRunner(job, view.document)
        folder = defaults("working-directory")
    }

    /// - Parameters:
    ///   - holder: the mapping of a CircleCI job or command.
    ///   - rows: what each caller gives to its parameters.
    init(holder: Index, rows: [[String: TracedText]]) {
        let scope = "parameters__\(holder)__"
        (id, self.scope, shell, folder) = ("", scope, nil, nil)
        (turns, open, names) = Self.table(of: rows, scope)
    }

    /// The rows by shell names, the shell names whose value is an expression somewhere, and the workflow's names.
    private static func table(
        of rows: [[String: TracedText]], _ scope: String
    ) -> (turns: [[String: TracedText]], open: Set<String>, names: [String: String]) {
        let written = Set(rows.flatMap(\.keys))
        let names = Dictionary(written.map { (name($0, scope), $0) }) { first, _ in first }
        let turns = rows.map { row in
            Dictionary(row.filter { !isOpen($0.value) }.map { (name($0.key, scope), $0.value) }) { $1 }
        }
        return (turns, Set(rows.flatMap { row in row.filter { isOpen($0.value) }.map { name($0.key, scope) } }), names)
    }

    private static func isOpen(_ value: TracedText) -> Bool {
        value.bytes.contains(UInt8(ascii: "$")) || value.string.contains("<<")
    }

    /// The shell name for `matrix.config.image`: without the first part, and with only letters that shell names allow.
    private static func name(_ name: String, _ scope: String) -> String {
        let rest = name.drop { $0 != "." }.dropFirst()
        return scope + PipelineMacros.plain(TracedText(untraced: String(rest))).string
    }

    /// `defaults.run` of the first holder that sets it (docs.github.com, "defaults.run").
    private static func defaults(of holders: [Index], _ document: YAMLDocument) -> (String) -> String? {
        { key in
            holders.lazy.compactMap { document.value(at: ["defaults", "run", key], in: $0).flatMap(document.string) }
                .first
        }
    }

    /// The default shell of the runner, which is PowerShell on Windows (docs.github.com,
    /// "jobs.<job_id>.steps[*].shell").
    private static func shellOfRunner(_ job: Index, _ document: YAMLDocument) -> String? {
        guard let runner = document.value("runs-on", in: job) else { return nil }
        let labels = document.kind(runner) == .sequence ? document.items(runner) : [runner]
        let isWindows = labels.contains { document.string($0)?.lowercased().hasPrefix("windows") == true }
        return isWindows ? "pwsh" : nil
    }
}
