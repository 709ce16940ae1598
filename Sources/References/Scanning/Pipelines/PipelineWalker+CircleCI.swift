// SPDX-License-Identifier: Apache-2.0

extension PipelineWalker {
    /// Assigns the defaults of the parameters of the whole pipeline, and what callers give to those of jobs and commands.
    mutating func readPipelineParameters() {
        for (holder, rows) in PipelineScanner(view: view, kind: kind).parameterRows() where !rows.isEmpty {
            add(GitHubJob(holder: holder, rows: rows), at: holder)
        }
        guard let parameters = document.value("parameters", in: view.root) else { return }
        for (key, parameter) in document.entries(parameters) {
            guard let name = document.string(key), let value = document.value("default", in: parameter),
                let text = view.text(value), !text.isEmpty
            else { continue }
            shell.variables.assign(PipelineMacros.pipelineParameter(name), text)
        }
    }
}
