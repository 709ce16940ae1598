// SPDX-License-Identifier: Apache-2.0

extension PipelineWalker {
    /// Assigns the defaults of the parameters of the whole pipeline. Those of jobs and commands depend on their callers.
    mutating func readPipelineParameters() {
        guard let parameters = document.value("parameters", in: view.root) else { return }
        for (key, parameter) in document.entries(parameters) {
            guard let name = document.string(key), let value = document.value("default", in: parameter),
                let text = view.text(value), !text.isEmpty
            else { continue }
            shell.variables.assign(PipelineMacros.pipelineParameter(name), text)
        }
    }
}
